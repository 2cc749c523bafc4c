"""Clouds: noise with as much detail at each scale as one wants (midpoint displacement).

Shapes: `B` batch.
"""

from typing import Any

from keras import ops

from ...stateless_random import hashed_rows

FIRST = 100.0  # the paper's code starts with this displacement; only ratios matter


def plasma(seed: Any, count: Any, side: int, decay: Any) -> Any:
    """Fields of random clouds by the diamond-square algorithm (Fournier, Fussell and Carpenter 1982), which tile.

    Every step halves the distance of known points. New ones are the mean of four neighbours and a uniform number, whose
    range is divided by the square of `decay` after every step.

    Args:
        seed: int32 `(2,)`; field `b` draws from `seed + (0, b)`.
        count: the number of fields.
        side: a power of two.
        decay: `(B,)`; the larger, the smoother.

    Returns:
        float32 `(B, side, side)` with a smallest value of 0 and a largest of 1.
    """
    uniform = 2.0 * hashed_rows(seed, count, side * side - 1) - 1.0
    field = ops.zeros((count, 1, 1), dtype="float32")
    displacement, size, drawn = ops.full((count, 1, 1), FIRST, dtype="float32"), 1, 0
    while size < side:
        new = ops.reshape(uniform[:, drawn : drawn + 3 * size * size], (-1, 3, size, size))
        new = new * ops.expand_dims(displacement**2, 1)
        wide = field + ops.roll(field, -1, axis=2)
        middle = (wide + ops.roll(wide, -1, axis=1)) / 4 + new[:, 0]
        right = (wide + middle + ops.roll(middle, 1, axis=1)) / 4 + new[:, 1]
        below = (field + ops.roll(field, -1, axis=1) + middle + ops.roll(middle, 1, axis=2)) / 4 + new[:, 2]
        rows = [ops.stack(pair, axis=3) for pair in ((field, right), (below, middle))]
        field = ops.reshape(ops.stack(rows, axis=2), (-1, 2 * size, 2 * size))
        drawn, size = drawn + 3 * size * size, 2 * size
        displacement = displacement / ops.reshape(decay, (-1, 1, 1))
    field = field - ops.min(field, axis=(1, 2), keepdims=True)
    return field / ops.maximum(ops.max(field, axis=(1, 2), keepdims=True), 1e-12)


def power_of_two(length: int) -> int:
    """The smallest power of two that is no shorter."""
    return 1 << (length - 1).bit_length()
