"""Shared parts of training: batches, checkpoints, progress, and checks that stop it."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)

from .batches import shuffled_batches
from .checkpoint import Checkpoint
from .fit import fit, steps_at_a_time
from .progress import Progress

__all__ = ["Checkpoint", "Progress", "fit", "shuffled_batches", "steps_at_a_time"]
