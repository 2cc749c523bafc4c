"""Layer-wise training: Boltzmann machines, deep belief networks, stacked denoising autoencoders."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)

from .dbn import DeepBeliefNetwork
from .free_energy_gap import FreeEnergyGap
from .gabor import GaborFit, fit_gabors
from .partition_function import LogPartition, estimate_log_partition, exact_log_partition, log_likelihood
from .rbm import RestrictedBoltzmannMachine
from .stacked_autoencoder import StackedDenoisingAutoencoder
from .tied_autoencoder import TiedAutoencoder

__all__ = [
    "DeepBeliefNetwork",
    "FreeEnergyGap",
    "GaborFit",
    "LogPartition",
    "RestrictedBoltzmannMachine",
    "StackedDenoisingAutoencoder",
    "TiedAutoencoder",
    "estimate_log_partition",
    "exact_log_partition",
    "fit_gabors",
    "log_likelihood",
]
