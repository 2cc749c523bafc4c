"""The spectrum of images: their principal colours, and how much of each cosine wave they have.

Shapes: `N` images of `H x W` pixels and `C` channels.
"""

from typing import Any

import numpy as np
from keras import ops

from .dct import cosine_basis, from_waves, to_waves

LEAST = 1e-3  # of the largest standard deviation: that of waves which the images do not have


def principal_colors(images: np.ndarray) -> np.ndarray:
    """The principal colours of images `(N, H, W, C)` around their mean colour, `(C, C)`, one in each column."""
    channels = images.shape[-1]
    flat = (images - images.mean(axis=(0, 1, 2))).reshape(-1, channels)
    return np.linalg.eigh(flat.T @ flat / len(flat))[1].astype("float32")


def wave_deviations(images: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Standard deviations of the waves of images `(N, H, W, C)` in their principal colours, `(H, W, C)`.

    Power is averaged over equal frequencies, as estimates for single waves are noisy.
    """
    height, width, _ = images.shape[1:]
    colored = (images - images.mean(axis=(0, 1, 2))).astype("float32") @ colors
    waves = ops.convert_to_numpy(to_waves(colored, cosine_basis(height), cosine_basis(width)))
    power = np.square(waves).mean(axis=0)
    side = max(height, width)
    rows, columns = np.meshgrid(np.arange(height) * side / height, np.arange(width) * side / width, indexing="ij")
    ring = np.hypot(rows, columns).round().astype(int)
    counts = np.maximum(np.bincount(ring.ravel()), 1)
    means = [np.bincount(ring.ravel(), power[..., channel].ravel()) / counts for channel in range(power.shape[-1])]
    return np.sqrt(np.stack(means, axis=-1)[ring]).astype("float32")


class Spectrum:
    """Images as features: each is the amplitude of a cosine wave in a principal colour, in standard deviations.

    Independent standard normal features give images with the mean, power spectrum and colours of those it was
    estimated from. Equal steps of all features are large at low frequencies and small at high ones.

    Args:
        images: to estimate it from, `(N, H, W, C)`.
    """

    def __init__(self, images: np.ndarray):
        height, width = images.shape[1:3]
        colors = principal_colors(images)
        deviation = wave_deviations(images, colors)
        tensors = (
            images.mean(axis=(0, 1, 2)).astype("float32"),
            colors.T,
            np.maximum(deviation, max(LEAST * deviation.max(), 1e-6)),
            cosine_basis(height),
            cosine_basis(width),
        )
        self.mean, self.colors, self.deviation, self.rows, self.columns = map(ops.convert_to_tensor, tensors)

    def images(self, features: Any) -> Any:
        """Images `(B, H, W, C)` from features of the same shape; not clipped."""
        waves = from_waves(ops.convert_to_tensor(features) * self.deviation, self.rows, self.columns)
        return ops.matmul(waves, self.colors) + self.mean

    def features(self, images: Any) -> Any:
        """The inverse of `images`."""
        colored = ops.matmul(ops.convert_to_tensor(images) - self.mean, ops.transpose(self.colors))
        return to_waves(colored, self.rows, self.columns) / self.deviation
