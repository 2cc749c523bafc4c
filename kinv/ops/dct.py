"""Images as sums of cosine waves (the discrete cosine transform), scaled by the spectrum of photographs."""

import math
from typing import Any

import numpy as np
from keras import ops


def cosine_basis(length: int) -> np.ndarray:
    """The orthonormal cosine waves of a signal (the type II transform), float32 `(length, length)`, one in each row."""
    waves = np.arange(length)[:, None] * (2 * np.arange(length)[None] + 1)
    basis = np.cos(math.pi * waves / (2 * length)) * math.sqrt(2 / length)
    basis[0] /= math.sqrt(2)
    return basis.astype("float32")


def from_waves(amplitudes: Any, rows: Any, columns: Any) -> Any:
    """Images `(B, H, W, C)` from the amplitudes of their waves, with `cosine_basis` of both sides."""
    return ops.einsum("bhwc,hi,wj->bijc", amplitudes, rows, columns)


def to_waves(images: Any, rows: Any, columns: Any) -> Any:
    """The inverse of `from_waves`."""
    return ops.einsum("bijc,hi,wj->bhwc", images, rows, columns)


class CosineImages:
    """Converts between images and the amplitudes of their waves, relative to those of photographs.

    Ascent in amplitudes instead of pixels prefers low frequencies (Olah, Mordvintsev and Schubert 2017, with Fourier
    waves; these need no complex numbers). Photographs' amplitudes fall as one over the frequency (Field 1987).

    Args:
        height, width: size of the images.
    """

    def __init__(self, height: int, width: int):
        rows, columns = np.arange(height) / height, np.arange(width) / width
        frequencies = np.hypot(rows[:, None], columns[None])
        expected = 1 / np.maximum(frequencies, 1 / max(height, width))
        expected *= math.sqrt(height * width / np.square(expected).sum())
        self.expected = ops.convert_to_tensor(expected[None, ..., None].astype("float32"))
        self.rows, self.columns = (ops.convert_to_tensor(cosine_basis(size)) for size in (height, width))

    def images(self, amplitudes):
        """Images from relative amplitudes, both `(B, H, W, C)`."""
        return from_waves(amplitudes * self.expected, self.rows, self.columns)

    def amplitudes(self, images):
        """The inverse of `images`."""
        return to_waves(images, self.rows, self.columns) / self.expected
