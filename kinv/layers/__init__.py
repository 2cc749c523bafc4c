"""Differentiable building blocks; `keras.ops` only."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)

from .color_transformer import ColorTransformer
from .local_response_normalization import LocalResponseNormalization
from .matrix_generator import MatrixGenerator
from .spatial_transformer import SpatialTransformer

__all__ = ["ColorTransformer", "LocalResponseNormalization", "MatrixGenerator", "SpatialTransformer"]
