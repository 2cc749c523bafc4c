"""Pure functions on pictures; `keras.ops` only."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)

from .transformations import TRANSFORMATIONS, Custom, Transformation, compose

__all__ = ["TRANSFORMATIONS", "Custom", "Transformation", "compose"]
