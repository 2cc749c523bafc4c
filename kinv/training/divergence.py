"""Stops training as soon as it diverges."""

import math

import keras
import numpy as np


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
