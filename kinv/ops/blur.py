"""Gaussian blur with its own width for every image.

Shapes: `B` batch, `H` height, `W` width, `C` channels.
"""

from typing import Any

from keras import ops

SMALLEST_WIDTH = 1e-3  # pixels: below it the kernel is one pixel, exactly


def gaussian_blur(images: Any, widths: Any, fill: str = "zeros") -> Any:
    """Convolves every image with a Gaussian kernel.

    The kernel is separable, so that a blur is two products with matrices of the image's size. They hold the
    kernel without truncation, and include the pixels outside the frame as `fill` says.

    Args:
        images: float tensor `(B, H, W, C)`.
        widths: standard deviations in pixels `(B,)`, from 0 to a quarter of the smaller side.
        fill: what lies outside the frame: `"zeros"`, `"reflect"` (`d c b a | a b c d | d c b a`) or `"nearest"`.

    Returns:
        Tensor like `images`; at width 0, the images bit for bit.
    """
    _, height, width, channels = ops.shape(images)
    rows = ops.reshape(images, (-1, height, width * channels))
    blurred = ops.matmul(_kernel_matrices(widths, height, fill), rows)
    columns = ops.reshape(blurred, (-1, height, width, channels))
    across = ops.expand_dims(_kernel_matrices(widths, width, fill), 1)
    return ops.matmul(across, columns)


def _kernel_matrices(widths, size: int, fill):
    """`(B, size, size)`: the share of every source pixel in every blurred pixel, along one side."""
    widths = ops.reshape(ops.cast(widths, "float32"), (-1, 1))
    distances = ops.cast(ops.arange(-2 * size, 2 * size + 1), "float32")
    kernel = ops.exp(-0.5 * (distances / ops.maximum(widths, SMALLEST_WIDTH)) ** 2)
    kernel = kernel / ops.sum(kernel, axis=1, keepdims=True)

    target, source = ops.expand_dims(ops.arange(size), 1), ops.expand_dims(ops.arange(size), 0)
    matrices = ops.take(kernel, source - target + 2 * size, axis=1)
    if fill == "reflect":  # the mirror images of a source pixel at the left and the right edge
        matrices = matrices + ops.take(kernel, size - 1 - source - target + size, axis=1)
        matrices = matrices + ops.take(kernel, 2 * size - 1 - source - target + 2 * size, axis=1)
    elif fill == "nearest":  # the kernel outside the frame is added to the edge pixels
        below = ops.cumsum(kernel, axis=1) - kernel
        left = ops.take(below, 2 * size - ops.arange(size), axis=1)
        right = ops.flip(left, axis=1)
        edges = ops.one_hot(ops.convert_to_tensor([0, size - 1]), size, dtype="float32")
        matrices = matrices + ops.expand_dims(left, -1) * edges[0] + ops.expand_dims(right, -1) * edges[1]
    return matrices
