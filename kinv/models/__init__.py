"""The methods: one `keras.Model` each, trained with `fit`."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)

from . import target
from .collapse import CollapseNotice
from .coupled_generator import CoupledGenerator
from .dbn import DeepBeliefNetwork
from .denoising_autoencoder import DenoisingAutoencoder
from .filter_gan import FilterGAN
from .free_energy_gap import FreeEnergyGap
from .gallery import Gallery
from .invariant_transformer import InvariantTransformer
from .rbm import RestrictedBoltzmannMachine
from .stacked_autoencoder import StackedDenoisingAutoencoder

__all__ = [
    "CollapseNotice",
    "CoupledGenerator",
    "DeepBeliefNetwork",
    "DenoisingAutoencoder",
    "FilterGAN",
    "FreeEnergyGap",
    "Gallery",
    "InvariantTransformer",
    "RestrictedBoltzmannMachine",
    "StackedDenoisingAutoencoder",
    "target",
]
