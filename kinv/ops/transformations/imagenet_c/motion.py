"""The kernels of motion: a Gaussian tail along a line.

Shapes: `B` batch, `S` steps along the line, `P` places on each side of the kernel.
"""

from typing import Any

from keras import ops


def motion_kernels(radius: Any, deviation: Any, angle: Any, longest: int) -> Any:
    """Kernels that average an image along a line which starts at the pixel.

    Args:
        radius: `(B,)`; the line has `2 radius + 1` pixels.
        deviation: of the Gaussian, in pixels, `(B,)`.
        angle: to the right is 0, down is 90 degrees, `(B,)`.
        longest: the largest radius.

    Returns:
        float32 tensor `(B, P, P)` with `P = 4 longest + 1`, for `convolve`.
    """
    radius, deviation, angle = (ops.reshape(values, (-1, 1)) for values in (radius, deviation, angle))
    step = ops.expand_dims(ops.arange(2 * longest + 1, dtype="float32"), 0)
    weights = ops.where(step <= 2.0 * radius, ops.exp(-0.5 * (step / deviation) ** 2), 0.0)
    weights = weights / ops.sum(weights, axis=1, keepdims=True)
    radians = ops.deg2rad(angle)
    down, right = (_at(ops.ceil(step * part - 0.5), longest) for part in (ops.sin(radians), ops.cos(radians)))
    return ops.einsum("bsp,bsq->bpq", ops.expand_dims(weights, -1) * down, right)


def _at(offsets, longest):
    """Which place each step falls on: `(B, S)` whole numbers to `(B, S, P)` of 0 and 1."""
    places = ops.arange(-2 * longest, 2 * longest + 1, dtype="float32")
    return ops.cast(ops.equal(ops.expand_dims(offsets, -1), places), "float32")
