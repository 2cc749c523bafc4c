"""The methods: one `keras.Model` each, trained with `fit`."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)

from .coupled_generator import CoupledGenerator, DenoisingAutoencoder, Gallery
from .coupled_generator import objective as target
from .filter_gan import CollapseNotice, FilterGAN
from .invariant_transformer import InvariantTransformer
from .layerwise import DeepBeliefNetwork, FreeEnergyGap, RestrictedBoltzmannMachine, StackedDenoisingAutoencoder

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
