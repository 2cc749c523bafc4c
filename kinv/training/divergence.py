"""Stops training that can't succeed: invalid data before it starts, divergence while it runs."""

import math
from typing import Any

import keras
import numpy as np


def check_training_data(data: Any, validation: Any, width: int, in_unit_range: bool) -> None:
    """Applies `check_vectors` to the `x` and the `validation_data` of `fit`."""
    check_vectors(data, width, in_unit_range, "x")
    if validation is not None:
        held_out = validation[0] if isinstance(validation, (tuple, list)) else validation
        check_vectors(held_out, width, in_unit_range, "validation_data")


def check_vectors(data: Any, width: int, in_unit_range: bool, name: str) -> None:
    """Checks a whole array, or the first batch of a data set.

    Raises:
        ValueError: if data is empty, not of shape `(N, width)`, not finite, or outside 0..1 with `in_unit_range`.
    """
    import tensorflow as tf

    if isinstance(data, tf.data.Dataset):
        first = next(iter(data.take(1)), None)
        if first is None:
            raise ValueError(f"{name} must hold at least one batch, received an empty data set.")
        data, name = keras.utils.unpack_x_y_sample_weight(first)[0], f"the first batch of {name}"
    if not hasattr(data, "shape"):
        return  # Keras reports what it accepts
    data = np.asarray(data)
    if data.ndim != 2 or data.shape[1] != width or not len(data):
        raise ValueError(f"{name} must have shape (count, {width}), received {data.shape}")
    low, high = data.min(), data.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"{name} must be finite, received values from {low} to {high}: remove NaN and infinity")
    if in_unit_range and (low < 0 or high > 1):
        raise ValueError(
            f"{name} must lie in 0..1 for Bernoulli units, received values from {low:g} to {high:g}. "
            "Convert images in 0..255 with kinv.data.as_vectors(images)."
        )


class StopWhenDiverged(keras.callbacks.Callback):
    """Stops with a `FloatingPointError` that names the learning rate, as soon as a metric is not finite.

    It also checks the weights after every epoch: place it before callbacks that save them.

    Args:
        *names: names of the metrics.
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
            "of this learning rate."
        )

    def _rates(self):
        optimizers = getattr(self.model, "optimizers", None) or [self.model.optimizer]
        rates = sorted({float(keras.ops.convert_to_numpy(optimizer.learning_rate)) for optimizer in optimizers})
        return f"The learning rate is {' or '.join(f'{rate:g}' for rate in rates)}."
