"""All transformations that have a name: the paper's eleven, and ImageNet-C's corruptions."""

from .base import Transformation
from .catalogue import TRANSFORMATIONS
from .imagenet_c.catalogue import IMAGENET_C

BY_NAME: dict[str, Transformation] = {**TRANSFORMATIONS, **IMAGENET_C}
