"""Differentiable building blocks; `keras.ops` only."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)

from .activation_discriminator import ActivationDiscriminator
from .color_transformer import ColorTransformer
from .corruption import Corruption
from .feature_gain import FeatureGain
from .filter_generator import FilterGenerator
from .generated_convolution import GeneratedConvolution
from .invariance_pooling import InvariancePooling
from .learned_augmentation import LearnedAugmentation
from .local_response_normalization import LocalResponseNormalization
from .matrix_generator import MatrixGenerator
from .random_views import RandomViews
from .spatial_transformer import SpatialTransformer
from .spectral_decoder import SpectralDecoder
from .tied_autoencoder import TiedAutoencoder

__all__ = [
    "ActivationDiscriminator",
    "ColorTransformer",
    "Corruption",
    "FeatureGain",
    "FilterGenerator",
    "GeneratedConvolution",
    "InvariancePooling",
    "LearnedAugmentation",
    "LocalResponseNormalization",
    "MatrixGenerator",
    "RandomViews",
    "SpatialTransformer",
    "SpectralDecoder",
    "TiedAutoencoder",
]
