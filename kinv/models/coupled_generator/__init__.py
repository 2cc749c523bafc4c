"""The coupled generator (Despraz et al. 2017): activation maximisation through a generator or a decoder."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)

from .autoencoder import DenoisingAutoencoder
from .feature_gain import FeatureGain
from .gallery import Gallery
from .judgement import ImageStatistics, class_ranks, image_statistics
from .model import CoupledGenerator
from .random_views import RandomViews
from .spectral_decoder import SpectralDecoder

__all__ = [
    "CoupledGenerator",
    "DenoisingAutoencoder",
    "FeatureGain",
    "Gallery",
    "ImageStatistics",
    "RandomViews",
    "SpectralDecoder",
    "class_ranks",
    "image_statistics",
]
