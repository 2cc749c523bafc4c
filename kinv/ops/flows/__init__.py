"""Transformations beyond affine maps, each with a few modes: a map is what a mixture of modes leads to in unit time.

Sizes say how much of each mode there is. At 0 nothing changes, and sizes of the other sign undo a map, but for noise.
"""

import kinv.backend  # noqa: F401  (starts the backend quietly, before anything else imports it)

from .catalogue import FLOWS, Flow
from .kernels import change_detail
from .noise import add_noise
from .tone import bend_tones
from .warp import warp_smoothly

__all__ = ["FLOWS", "Flow", "add_noise", "bend_tones", "change_detail", "warp_smoothly"]
