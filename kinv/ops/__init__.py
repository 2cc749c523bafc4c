"""Pure functions on images; `keras.ops` only."""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)

from .transformations.base import Custom, Transformation
from .transformations.catalogue import (
    TRANSFORMATIONS,
    blur,
    brightness,
    contrast,
    greyscale,
    noise,
    rotation,
    scale_x,
    scale_y,
    translate_x,
    translate_y,
    zoom,
)
from .transformations.composition import compose, find
from .transformations.imagenet_c.catalogue import IMAGENET_C

__all__ = [
    "IMAGENET_C",
    "TRANSFORMATIONS",
    "Custom",
    "Transformation",
    "blur",
    "brightness",
    "compose",
    "contrast",
    "find",
    "greyscale",
    "noise",
    "rotation",
    "scale_x",
    "scale_y",
    "translate_x",
    "translate_y",
    "zoom",
]
