"""The Filter GAN ("Parametrizing filters of a CNN with a GAN"): a latent space for the filters of a layer."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)

from .collapse import CollapseNotice
from .discriminator import ActivationDiscriminator
from .generator import FilterGenerator
from .invariance_pooling import InvariancePooling
from .matching import ActivationMatches, match_activations
from .matching_metrics import shape_share, summarise_matches
from .model import NETWORKS, FilterGAN

__all__ = [
    "NETWORKS",
    "ActivationDiscriminator",
    "ActivationMatches",
    "CollapseNotice",
    "FilterGAN",
    "FilterGenerator",
    "InvariancePooling",
    "match_activations",
    "shape_share",
    "summarise_matches",
]
