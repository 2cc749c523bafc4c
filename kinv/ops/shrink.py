"""Images of another size, by matrices: every program that reads a graph has these operations."""

from typing import Any

from keras import ops


def shrink(images: Any, height: int, width: int) -> Any:
    """Resizes bilinearly with antialiasing, as `keras.ops.image.resize(antialias=True)`, images of any size.

    Args:
        images: float `(B, H, W, C)`; `H` and `W` may be unknown when a graph is made.
        height, width: wanted.

    Returns:
        Tensor `(B, height, width, C)`.
    """
    shape = ops.shape(images)
    return ops.einsum("bhwc,ih,jw->bijc", images, _weights(shape[1], height), _weights(shape[2], width))


def _weights(size, wanted):
    """How much of each row of the image, of `size` in all, is in each of the rows `wanted`: `(wanted, size)`."""
    step = ops.cast(size, "float32") / wanted
    middles = (ops.arange(wanted, dtype="float32") + 0.5) * step - 0.5
    away = ops.abs(middles[:, None] - ops.cast(ops.arange(size), "float32")) / ops.maximum(step, 1.0)
    weights = ops.relu(1 - away)
    return weights / ops.sum(weights, axis=1, keepdims=True)
