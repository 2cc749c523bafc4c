"""Overfitting of Boltzmann machines, seen while they train."""

from typing import Any

import keras
import numpy as np
from keras import ops


class FreeEnergyGap(keras.callbacks.Callback):
    """Adds `free_energy_gap` to an epoch's logs: mean free energy of held-out data less that of training data, in nats.

    Hinton 2010, section 6: the partition function cancels, so that a gap that grows means overfitting. Put it before
    callbacks that read the logs.

    Args:
        data, held_out: vectors `(N, V)`; a thousand of each are enough.

    Raises:
        ValueError: one of them is empty, or the model has no free energy.
    """

    def __init__(self, data: Any, held_out: Any):
        super().__init__()
        self.data, self.held_out = np.asarray(data, "float32"), np.asarray(held_out, "float32")
        if not len(self.data) or not len(self.held_out):
            raise ValueError(f"expected vectors, received {len(self.data)} and {len(self.held_out)}")

    def set_model(self, model):
        if not all(hasattr(machine, "free_energy") for machine in getattr(model, "blocks", None) or [model]):
            raise ValueError(f"FreeEnergyGap is for Boltzmann machines, received a {type(model).__name__}.")
        super().set_model(model)

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["free_energy_gap"] = self._mean(self.held_out) - self._mean(self.data)

    def _mean(self, vectors):
        machine, blocks = self.model, getattr(self.model, "blocks", None)
        if blocks:  # a deep belief net: of the machine that is trained now
            stage = int(ops.convert_to_numpy(self.model.stage))
            vectors = self.model.encode(vectors, stage) if stage else vectors
            machine = blocks[stage]
        return float(ops.mean(machine.free_energy(ops.convert_to_tensor(vectors))))
