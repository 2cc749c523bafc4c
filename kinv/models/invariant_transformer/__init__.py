"""The Invariant Transformer Net (Bunne, Rahmann and Wolf): learns transformations that a classifier is invariant to."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)

from .comparison import InvarianceComparison, compare_with_random, predictions_along_k
from .matrix_generator import MatrixGenerator
from .model import InvariantTransformer
from .transformers import ColorTransformer, SpatialTransformer

__all__ = [
    "ColorTransformer",
    "InvarianceComparison",
    "InvariantTransformer",
    "MatrixGenerator",
    "SpatialTransformer",
    "compare_with_random",
    "predictions_along_k",
]
