"""Images resampled along rows and columns, by products with matrices.

Shapes: `B` batch, `H` height, `W` width, `C` channels, `R` and `S` mixed rows and columns.
"""

import math
from typing import Any

import numpy as np
from keras import ops


def magnified_positions(size: int, factor: float) -> np.ndarray:
    """Where the pixels of a magnified side look, `(size,)` in pixels.

    As in the paper's code, the middle is cut out, and its first and last pixels become those of the result.
    """
    cut = math.ceil(size / factor)
    whole = max(round(cut * factor), size)
    first = (whole - size) // 2
    return (size - cut) // 2 + (first + np.arange(size)) * (cut - 1) / max(whole - 1, 1)


def sample_grid(planes: Any, down: Any, across: Any) -> Any:
    """Samples planes on a grid, with bilinear interpolation.

    Args:
        planes: float tensor `(B, C, H, W)`.
        down, across: positions of its rows `(B, H)` and columns `(B, W)`, in pixels inside the image.

    Returns:
        Tensor like `planes`.
    """
    return mix(planes, _shares(down, planes.shape[2]), _shares(across, planes.shape[3]))


def mix(planes: Any, down: Any, across: Any) -> Any:
    """Mixes the rows of planes `(B, C, H, W)` with matrices `(B, R, H)`, and their columns with `(B, S, W)`.

    Returns:
        float32 tensor `(B, C, R, S)`. One matrix for all, `(1, R, H)`, is sufficient.
    """
    rows = ops.matmul(ops.expand_dims(down, 1), planes)
    return ops.matmul(rows, ops.expand_dims(ops.swapaxes(across, 1, 2), 1))


def to_planes(images: Any) -> Any:
    """Images `(B, H, W, C)` as planes `(B, C, H, W)`: products of matrices are several times as fast on these."""
    return ops.transpose(images, (0, 3, 1, 2))


def to_images(planes: Any) -> Any:
    """The inverse of `to_planes`."""
    return ops.transpose(planes, (0, 2, 3, 1))


def _shares(positions, size):
    """The share of every pixel at every position, `(B, size, size)`."""
    apart = ops.expand_dims(positions, -1) - ops.arange(size, dtype="float32")
    return ops.maximum(1.0 - ops.abs(apart), 0.0)
