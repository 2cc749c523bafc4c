"""How much generated filters differ from each other."""

from typing import Any

from keras import ops

SMALLEST = 1e-7


def diversity(filters: Any, real: Any) -> Any:
    """The mean of `relative_spread` over all filters that are alive."""
    return over_alive(*relative_spread(filters, real))


def over_alive(values: Any, alive: Any) -> Any:
    """The mean of values `(F,)` over the filters that are alive, a mask `(F,)`."""
    return ops.sum(ops.where(alive, values, 0.0)) / ops.maximum(ops.sum(ops.cast(alive, values.dtype)), 1)


def relative_spread(filters: Any, real: Any) -> tuple[Any, Any]:
    """Standard deviation of generated filters over draws, relative to that of the real filter's own weights.

    Args:
        filters: generated filters, `(B, rows, columns, C / groups, F)`.
        real: the real filters, without the first axis.

    Returns:
        `(F,)`, and a mask of the filters that are alive. A dead filter, whose real weights are all equal, has 0.
    """
    deviation = ops.std(real, axis=(0, 1, 2))
    alive = deviation > 0
    spread = ops.sqrt(ops.mean(ops.var(filters, axis=0), axis=(0, 1, 2)) + SMALLEST**2)  # for a gradient at 0
    return ops.where(alive, spread / ops.where(alive, deviation, 1.0), 0.0), alive
