"""Pictures as the vectors that Boltzmann machines and autoencoders take."""

import numpy as np


def as_vectors(images: np.ndarray) -> np.ndarray:
    """Pictures `(N, H, W, C)` in 0..255 as float32 `(N, H * W * C)` in 0..1, row by row.

    Raises:
        ValueError: another shape, or values out of range.
    """
    images = np.asarray(images)
    if images.ndim != 4 or not len(images):
        raise ValueError(f"images must have shape (count, height, width, channels), received {images.shape}")
    low, high = images.min(), images.max()
    if not 0 <= low <= high <= 255:  # NaN fails, too
        raise ValueError(f"images must lie in 0..255, received values from {low} to {high}")
    return images.reshape(len(images), -1).astype("float32") / 255
