"""Clouds: noise with as much detail at each scale as one wants (midpoint displacement).

Shapes: `B` batch.
"""

from typing import Any

from keras import ops

from ...stateless_random import hashed_rows, seed_of_part

FIRST = 100.0  # the paper's code starts with this displacement; only ratios matter


def plasma(seed: Any, count: Any, side: int, decay: Any) -> Any:
    """Fields of random clouds by the diamond-square algorithm (Fournier, Fussell and Carpenter 1982), which tile.

    Every step halves the distance of known points. New ones are the mean of four neighbours and a uniform number, whose
    range is divided by the square of `decay` after every step.

    Args:
        seed: int32 `(2,)`; field `b` draws from `seed + (0, b)`.
        count: the number of fields.
        side: a power of two; 1 gives 0.
        decay: `(B,)`; the larger, the smoother.

    Returns:
        float32 `(B, side, side)` with a smallest value of 0 and a largest of 1.
    """
    place = ops.arange(side, dtype="int32")

    def refine(number, state):
        field, step, displacement = state
        half = step // 2
        known, new = ops.equal(place % step, 0), ops.equal(place % step, half)
        noise = 2.0 * hashed_rows(seed_of_part(seed, number), count, side * side) - 1.0
        noise = displacement**2 * ops.reshape(noise, (-1, side, side))
        middle = _neighbours(_neighbours(field, half, 1), half, 2) / 4 + noise
        field = ops.where(ops.logical_and(new[:, None], new), middle, field)
        beside = (_neighbours(field, half, 1) + _neighbours(field, half, 2)) / 4 + noise
        between = ops.logical_or(ops.logical_and(new[:, None], known), ops.logical_and(known[:, None], new))
        return ops.where(between, beside, field), half, displacement / decay

    decay = ops.reshape(decay, (-1, 1, 1))
    start = ops.zeros((count, side, side), dtype="float32"), ops.full((), side, dtype="int32"), FIRST + 0.0 * decay
    field, _, _ = ops.fori_loop(0, side.bit_length() - 1, refine, start)
    field = field - ops.min(field, axis=(1, 2), keepdims=True)
    return field / ops.maximum(ops.max(field, axis=(1, 2), keepdims=True), 1e-12)


def _neighbours(field, distance, axis):
    """The sum of the two points at a distance along an axis, around the border."""
    size = field.shape[axis]
    places = ops.arange(size, dtype="int32")
    return sum(ops.take(field, (places + step + size) % size, axis=axis) for step in (distance, -distance))


def power_of_two(length: int) -> int:
    """The smallest power of two that is no shorter."""
    return 1 << (length - 1).bit_length()
