"""The transformations by name, in the order in which they are applied."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from . import kernels, noise, tone, warp


class Flow(NamedTuple):
    """The names of its `M` modes, and a function of images `(B, H, W, C)` in 0..255 and of sizes `(B, M)`.

    Of noise, the function takes a seed as well.
    """

    modes: tuple[str, ...]
    apply: Callable[..., Any]


FLOWS: Mapping[str, Flow] = {
    "warp": Flow(warp.MODES, warp.warp_smoothly),
    "tone": Flow(tone.MODES, tone.bend_tones),
    "kernels": Flow(kernels.MODES, kernels.change_detail),
    "noise": Flow(noise.MODES, noise.add_noise),
}
