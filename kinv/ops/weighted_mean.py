"""Means over a batch in which images count differently."""

from typing import Any

from keras import ops


def weighted_mean(values: Any, weights: Any = None) -> Any:
    """The mean over the first axis: `(B, ...)` to `(...)`. 0 if no image counts.

    Args:
        values: one value, or one array of values, per image.
        weights: `(B,)` or `(B, 1)`, such as Keras's `sample_weight`; None: all count alike.
    """
    if weights is None:
        return ops.mean(values, axis=0)
    weights = ops.reshape(ops.cast(weights, values.dtype), (-1,) + (1,) * (len(values.shape) - 1))
    return ops.divide_no_nan(ops.sum(weights * values, axis=0), ops.sum(weights))
