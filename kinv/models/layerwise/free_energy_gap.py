"""Detects overfitting of Boltzmann machines during training."""

from typing import Any

import keras
import numpy as np
from keras import ops


class FreeEnergyGap(keras.callbacks.Callback):
    """Logs `free_energy_gap` per epoch: mean free energy of held-out data minus that of training data, in nats.

    Hinton 2010, section 6: the partition function cancels, so a growing gap means overfitting. Place it before
    callbacks that read the logs.

    Args:
        data, held_out: training and held-out vectors, `(N, V)`; a thousand of each are enough.

    Raises:
        ValueError: `data` or `held_out` is empty, or the model has no free energy.
    """

    def __init__(self, data: Any, held_out: Any):
        super().__init__()
        self.data, self.held_out = np.asarray(data, "float32"), np.asarray(held_out, "float32")
        if not len(self.data) or not len(self.held_out):
            raise ValueError(
                f"data and held_out must not be empty, received {len(self.data)} and {len(self.held_out)} vectors: "
                "pass arrays of shape (N, V)"
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
