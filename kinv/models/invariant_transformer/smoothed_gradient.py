"""Gradients of smoothed functions, estimated from function values.

Shapes: `B` batch.
"""

from collections.abc import Callable
from typing import Any

from keras import ops


def smoothed_gradient(function: Callable[[Any], Any], points: Any, directions: Any, std: float) -> Any:
    """An unbiased estimate of the gradient of `E[f(x + std z)]`, z standard normal, from two values of `f`.

    `z (f(x + std z) - f(x - std z)) / (2 std)` for every element of the batch (Nesterov and Spokoiny 2017, "Random
    Gradient-Free Minimization of Convex Functions", section 2, in its antithetic form). Exact in expectation where
    `f` is quadratic.

    Args:
        function: maps a tensor like `points` to `(B,)`.
        points: tensor `(B, ...)`, where the gradient is estimated.
        directions: standard normal tensor like `points`, `z`.
        std: standard deviation of the smoothing, in the units of `points`.

    Returns:
        Tensor like `points`.
    """
    derivative = (function(points + std * directions) - function(points - std * directions)) / (2 * std)
    return ops.reshape(derivative, (-1,) + (1,) * (len(directions.shape) - 1)) * directions
