"""Detects overfitting of Boltzmann machines during training."""

from typing import Any

import keras
from keras import ops

from kinv.arrays import as_numbers


class FreeEnergyGap(keras.callbacks.Callback):
    """Logs `free_energy_gap` per epoch: mean free energy of held-out data minus that of training data, in nats.

    Hinton 2010, section 6: the partition function cancels, so a growing gap means overfitting. Place it before
    callbacks that read the logs.

    Args:
        data, held_out: training and held-out vectors, `(N, V)`; a thousand of each are enough.

    Raises:
        ValueError: `data` or `held_out` is empty, not finite or of another shape, or the model has no free energy.
    """

    def __init__(self, data: Any, held_out: Any):
        super().__init__()
        self.data, self.held_out = as_numbers(data, "data"), as_numbers(held_out, "held_out")
        if self.data.ndim != 2 or self.held_out.shape[1:] != self.data.shape[1:]:
            raise ValueError(
                f"data and held_out must be vectors (N, V) of one length, received {self.data.shape} and "
                f"{self.held_out.shape}"
            )

    def set_model(self, model):
        if not all(hasattr(machine, "free_energy") for machine in getattr(model, "blocks", None) or [model]):
            raise ValueError(
                f"FreeEnergyGap is for Boltzmann machines, received a {type(model).__name__}: remove the callback"
            )
        super().set_model(model)

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["free_energy_gap"] = self._mean(self.held_out) - self._mean(self.data)

    def _mean(self, vectors):
        machine, blocks = self.model, getattr(self.model, "blocks", None)
        if blocks:  # a deep belief network: the RBM in training
            stage = int(ops.convert_to_numpy(self.model.stage))
            vectors = self.model.encode(vectors, stage) if stage else vectors
            machine = blocks[stage]
        return float(ops.mean(machine.free_energy(ops.convert_to_tensor(vectors))))
