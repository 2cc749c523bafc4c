"""Where an analysis of units starts and how far it goes, checked before anything is computed."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from kinv.arrays import as_numbers
from kinv.surgery.tap import Tap


def checked_optimum(tapped: Tap, optimum: Any) -> tuple[np.ndarray, np.ndarray]:
    """The optimum as float32 `(K, ...)` and its norms `(K,)`.

    Raises:
        ValueError: if there is not one optimum for every unit, or it has the wrong shape, is zero or not finite.
    """
    optimum = as_numbers(optimum, "optimum")
    if optimum.shape[:1] != tapped.units.shape or not tapped.takes(optimum.shape[1:]):
        raise ValueError(
            f"optimum must have shape ({len(tapped.units)}, {', '.join(map(str, tapped.input_shape))}), one for every "
            f"unit, received {optimum.shape}"
        )
    norms = np.linalg.norm(optimum.reshape(len(optimum), -1).astype("float64"), axis=1)
    if not (np.isfinite(norms) & (norms > 0)).all():
        raise ValueError("optimum must have finite inputs other than zero, received some that are zero or not finite.")
    return optimum, norms


def checked_epsilons(epsilons: Sequence[float]) -> np.ndarray:
    """The distances, float64 `(E,)`.

    Raises:
        ValueError: if there are no distances, or they do not increase or do not lie in 0..2.
    """
    distances = np.asarray(epsilons, "float64")
    if distances.ndim != 1 or not len(distances) or not (distances >= 0).all() or not (distances <= 2).all():
        raise ValueError(f"epsilons must be one or more numbers and must lie in 0..2, received {epsilons}")
    if (np.diff(distances) <= 0).any():
        raise ValueError(f"epsilons must increase, received {epsilons}")
    return distances


def image_shape_of(shape: Sequence[int], given: Sequence[int] | None) -> tuple[int, ...]:
    """The image shape `(H, W, C)` of inputs of a shape; `given` says that of vectors.

    Raises:
        ValueError: it has another number of values, or is given for inputs that are images.
    """
    if given is None:
        given = shape
    elif len(shape) != 1:
        raise ValueError(
            f"shape can be given for inputs that are vectors only: inputs have shape {tuple(shape)}, received {given}"
        )
    height_width_channels = (*given, 1)[:3] if len(given) == 2 else tuple(given)
    if len(height_width_channels) != 3 or math.prod(height_width_channels) != math.prod(shape):
        raise ValueError(f"shape must be (H, W) or (H, W, C) with {math.prod(shape)} values in all, received {given}")
    return height_width_channels
