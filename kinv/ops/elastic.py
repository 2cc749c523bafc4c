"""Elastic deformations of images: smooth random displacements of the pixels."""

import math
from typing import Any

import numpy as np
from keras import ops

from .affine import sample_neighbours

NEGLIGIBLE = 1e-3  # of the largest singular value of the smoothing: smaller ones are not visible


def elastic_basis(length: int, smoothness: float) -> np.ndarray:
    """A matrix `(length, R)` that turns a few random numbers into smooth noise along a line.

    White noise smoothed with a Gaussian is `K n`. With the singular values of `K = U S V'`, `U S n'` has the same
    distribution, and `n'` needs only as many entries as there are significant singular values.

    Args:
        length: length in pixels.
        smoothness: standard deviation of the Gaussian in pixels; beyond the ends there is no noise.
    """
    if length < 1 or smoothness <= 0:
        raise ValueError(f"length and smoothness must be positive, received {length} and {smoothness}")
    offsets = np.subtract.outer(np.arange(length), np.arange(length)) / smoothness
    kernel = np.exp(-0.5 * np.square(offsets)) / (math.sqrt(2 * math.pi) * smoothness)
    left, values, _ = np.linalg.svd(kernel)
    kept = values > NEGLIGIBLE * values[0]
    return (left[:, kept] * values[kept]).astype("float32")


def elastic_deform(neighbours: Any, noise: Any, rows: Any, columns: Any, strength: float) -> Any:
    """Displaces the pixels of images by smooth random fields.

    Simard, Steinkraus and Platt 2003, section 2: displacements drawn for every pixel, convolved with a Gaussian and
    scaled; bilinear interpolation. The outside of the frame is black.

    Args:
        neighbours: from `pack_neighbours`, of images `(B, H, W, C)`.
        noise: standard normal, `(B, 2, R, S)`, for the displacements down and to the right.
        rows, columns: from `elastic_basis`, `(H, R)` and `(W, S)`.
        strength: alpha, by which the smoothed noise is multiplied, in pixels.

    Returns:
        Float tensor `(B, H, W, C)`.
    """
    fields = strength * ops.matmul(ops.matmul(rows, noise), ops.transpose(columns))
    height, width = fields.shape[2], fields.shape[3]
    row = ops.reshape(ops.arange(height, dtype="float32"), (1, -1, 1))
    column = ops.reshape(ops.arange(width, dtype="float32"), (1, 1, -1))
    return sample_neighbours(neighbours, row + fields[:, 0], column + fields[:, 1])
