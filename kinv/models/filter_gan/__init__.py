"""The Filter GAN ("Parametrizing filters of a CNN with a GAN"): a latent space for the filters of a layer."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)

from .collapse import CollapseNotice
from .discriminator import ActivationDiscriminator
from .generator import FilterGenerator
from .invariance_pooling import InvariancePooling
from .matching import ActivationMatches, match_activations
from .matching_metrics import shape_share, summarise_matches
from .model import NETWORKS, FilterGAN
from .quality import FilterQuality, accuracy_of_sets, averaged_and_control, filter_quality, retrain_above

__all__ = [
    "NETWORKS",
    "ActivationDiscriminator",
    "ActivationMatches",
    "CollapseNotice",
    "FilterGAN",
    "FilterGenerator",
    "FilterQuality",
    "InvariancePooling",
    "accuracy_of_sets",
    "averaged_and_control",
    "filter_quality",
    "match_activations",
    "retrain_above",
    "shape_share",
    "summarise_matches",
]
