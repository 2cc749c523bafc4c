"""What stops a training that can lead nowhere: data of the wrong kind before it starts, numbers that blow up later."""

import math
from typing import Any

import keras
import numpy as np


def check_training_data(data: Any, validation: Any, width: int, in_unit_range: bool) -> None:
    """`check_vectors` of what `fit` takes as `x` and as `validation_data`."""
    check_vectors(data, width, in_unit_range, "x")
    if validation is not None:
        held_out = validation[0] if isinstance(validation, (tuple, list)) else validation
        check_vectors(held_out, width, in_unit_range, "validation_data")


def check_vectors(data: Any, width: int, in_unit_range: bool, name: str) -> None:
    """Looks at all of an array, or at the first batch of a data set.

    Raises:
        ValueError: not `(N, width)`, nothing, not finite, or outside 0..1 where that is asked for.
    """
    import tensorflow as tf

    if isinstance(data, tf.data.Dataset):
        first = next(iter(data.take(1)), None)
        if first is None:
            raise ValueError(f"{name} is an empty data set.")
        data, name = keras.utils.unpack_x_y_sample_weight(first)[0], f"the first batch of {name}"
    if not hasattr(data, "shape"):
        return  # Keras says what it takes
    data = np.asarray(data)
    if data.ndim != 2 or data.shape[1] != width or not len(data):
        raise ValueError(f"{name} must have shape (count, {width}), received {data.shape}")
    low, high = data.min(), data.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"{name} must be finite, it holds {low} and {high}")
    if in_unit_range and (low < 0 or high > 1):
        raise ValueError(
            f"{name} must lie in 0..1 for Bernoulli units, received values from {low:g} to {high:g}. "
            "Images in 0..255: kinv.data.as_vectors(images)."
        )


class StopWhenDiverged(keras.callbacks.Callback):
    """Stops with a `FloatingPointError` that names the learning rate, as soon as a metric is not finite.

    After every epoch it looks at the weights, too: put it before callbacks that keep them.

    Args:
        *names: of the metrics.
    """

    def __init__(self, *names: str):
        super().__init__()
        self.names, self.epoch = names, 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        for name in self.names:
            value = float((logs or {}).get(name, 0.0))
            if not math.isfinite(value):
                self._stop(f"batch {batch + 1}: {name} is {value}")

    def on_epoch_end(self, epoch, logs=None):
        for variable in self.model.trainable_variables:
            if not np.isfinite(keras.ops.convert_to_numpy(variable)).all():
                self._stop(f"{variable.path} is not finite")

    def _stop(self, seen):
        raise FloatingPointError(
            f"Training diverged in epoch {self.epoch + 1}, {seen}. {self._rates()} If the data is finite, try a tenth "
            "of it."
        )

    def _rates(self):
        optimizers = getattr(self.model, "optimizers", None) or [self.model.optimizer]
        rates = sorted({float(keras.ops.convert_to_numpy(optimizer.learning_rate)) for optimizer in optimizers})
        return f"The learning rate is {' or '.join(f'{rate:g}' for rate in rates)}."
