"""Affine matrices `(B, R, C)` without their last row, (0, .., 0, 1), measured against the identity."""

from typing import Any

from keras import ops


def distance_from_identity(matrices: Any) -> Any:
    """Frobenius distance of every matrix from the identity, `(B,)`."""
    return ops.sqrt(ops.sum(_change(matrices) ** 2, axis=(1, 2)))


def mean_squared_shift(matrices: Any, vectors: Any) -> Any:
    """How far every matrix moves the vectors `(S, C)`: the mean of `||A x - x||^2` over them, `(B,)`.

    Bunne, Rahmann and Wolf, section III-D, with A made square by its last row, which moves nothing.
    """
    shift = ops.matmul(_change(matrices), ops.transpose(vectors))
    return ops.mean(ops.sum(shift**2, axis=1), axis=-1)


def _change(matrices):
    return matrices - ops.eye(*matrices.shape[1:], dtype=matrices.dtype)
