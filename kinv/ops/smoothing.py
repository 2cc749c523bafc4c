"""Gradients of smoothed functions, from values alone.

Shapes: `B` batch.
"""

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops


def smoothed_gradient(
    function: Callable[..., Any], points: Sequence[Any], directions: Sequence[Any], std: float
) -> list[Any]:
    """An unbiased estimate of the gradient of `E[f(x + std z)]`, z standard normal, from two values of `f`.

    `z (f(x + std z) - f(x - std z)) / (2 std)` for every element of the batch (Nesterov and Spokoiny 2017, "Random
    Gradient-Free Minimization of Convex Functions", section 2, in its antithetic form). Exact in expectation where
    `f` is quadratic.

    Args:
        function: tensors like `points` to `(B,)`.
        points: tensors `(B, ...)`, where the gradient is wanted.
        directions: standard normal tensors like `points`, `z`.
        std: how far to look, in units of the points.

    Returns:
        A tensor like each of the points.
    """
    ahead = function(*(point + std * direction for point, direction in zip(points, directions, strict=True)))
    behind = function(*(point - std * direction for point, direction in zip(points, directions, strict=True)))
    slope = (ahead - behind) / (2 * std)
    return [ops.reshape(slope, (-1,) + (1,) * (len(z.shape) - 1)) * z for z in directions]
