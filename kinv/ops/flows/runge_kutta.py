"""Where points flow to in unit time, by the classical method of Runge and Kutta."""

from collections.abc import Callable, Sequence
from typing import Any


def displacement(velocity: Callable[..., Sequence[Any]], points: Sequence[Any], steps: int) -> list[Any]:
    """How far points are carried by a velocity that does not change with time.

    Where nothing moves it is zero, exactly. The error falls with the fourth power of the number of steps.

    Args:
        velocity: of the coordinates of points, a tensor for each.
        points: where they are at time 0, a tensor for each coordinate.
        steps: from time 0 to time 1.
    """
    moved = [0.0 * along for along in points]
    for _ in range(steps):
        first = velocity(*_further(points, moved))
        second = velocity(*_further(points, moved, 0.5 / steps, first))
        third = velocity(*_further(points, moved, 0.5 / steps, second))
        fourth = velocity(*_further(points, moved, 1 / steps, third))
        moved = [
            along + (a + 2 * b + 2 * c + d) / (6 * steps)
            for along, a, b, c, d in zip(moved, first, second, third, fourth, strict=True)
        ]
    return moved


def _further(points, moved, time=0.0, velocities=None):
    """Where points are, or would be some time later."""
    reached = [start + along for start, along in zip(points, moved, strict=True)]
    if velocities is None:
        return reached
    return [place + time * speed for place, speed in zip(reached, velocities, strict=True)]
