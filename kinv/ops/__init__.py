"""Pure functions on pictures; `keras.ops` only."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)

from .composition import compose, find
from .transformation import Custom, Transformation
from .transformations import TRANSFORMATIONS

__all__ = ["TRANSFORMATIONS", "Custom", "Transformation", "compose", "find"]
