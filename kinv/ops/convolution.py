"""Convolution with a kernel of its own for every image, by fast Fourier transforms.

Shapes: `B` batch, `H` height, `W` width, `C` channels, `K` and `L` height and width of the kernels.
"""

from typing import Any

import numpy as np
from keras import ops
from scipy.fft import next_fast_len


def convolve(images: Any, kernels: Any, edge: str = "nearest") -> Any:
    """Weighs the neighbours of every pixel: the result at `p` is the sum of `kernel[o] image[p + o]` over offsets `o`.

    Args:
        images: float tensor `(B, H, W, C)`.
        kernels: float tensor `(B, K, L)`, of odd lengths; the offset is 0 in their middle.
        edge: what lies outside the frame: `"nearest"` (the edge pixel) or `"mirror"` (`d c b | a b c d | c b a`).

    Returns:
        Tensor like `images`.
    """
    (_, height, width, channels), (_, rows, columns) = ops.shape(images), ops.shape(kernels)
    down, across = _places(height, rows // 2, edge), _places(width, columns // 2, edge)
    planes = ops.transpose(ops.take(ops.take(images, down, axis=1), across, axis=2), (0, 3, 1, 2))
    size = next_fast_len(len(down)), next_fast_len(len(across))

    def spectrum(real, imaginary):
        return ops.fft2((_padded(real, size), _padded(imaginary, size)))

    # kernels are real, so two channels fit into one complex image
    planes = ops.pad(planes, ((0, 0), (0, channels % 2), (0, 0), (0, 0)))
    real, imaginary = spectrum(planes[:, 0::2], planes[:, 1::2])
    kernels = ops.expand_dims(kernels, 1)
    cosine, sine = spectrum(kernels, ops.zeros_like(kernels))
    pair = ops.ifft2((real * cosine + imaginary * sine, imaginary * cosine - real * sine))
    mixed = ops.reshape(ops.stack(pair, axis=2), (-1, channels + channels % 2, *size))
    return ops.transpose(mixed[:, :channels, :height, :width], (0, 2, 3, 1))


def _places(size: int, margin: int, edge: str) -> np.ndarray:
    """Which pixels stand in a line with a margin on each side."""
    places = np.arange(-margin, size + margin)
    if edge == "nearest":
        return np.clip(places, 0, size - 1)
    turned = places % max(2 * size - 2, 1)
    return np.minimum(turned, 2 * size - 2 - turned)


def _padded(planes, size):
    _, _, height, width = ops.shape(planes)
    return ops.pad(planes, ((0, 0), (0, 0), (0, size[0] - height), (0, size[1] - width)))
