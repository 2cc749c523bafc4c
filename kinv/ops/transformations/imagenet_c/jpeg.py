"""The corruption by JPEG compression: everything in it that loses something.

Shapes: `B` batch, `H` height, `W` width, `K` planes.
"""

from typing import Any

import numpy as np
from keras import ops

from ...dct import cosine_basis
from .corruption import Corruption, of_level
from .sampling import mix, to_images, to_planes

BLOCK = 8
MIDDLE = 128.0
# ITU-T T.81, annex K, tables K.1 and K.2
LUMINANCE = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
CHROMINANCE = (
    *(17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99),
    *(24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99),
    *(99,) * 32,
)
# ITU-T T.871: red, green and blue to luminance and two chrominances
TO_YCC = np.array([(0.299, 0.587, 0.114), (-0.168735892, -0.331264108, 0.5), (0.5, -0.418687589, -0.081312411)])


class JpegCompression(Corruption):
    """JPEG, compressed and decompressed; the parameter is the quality of libjpeg and Pillow.

    Chrominance is halved in both directions (4:2:0), blocks of 8 x 8 are transformed and quantised, and chrominance is
    interpolated again, as libjpeg does. Entropy coding loses nothing and is left out. Images of one channel have
    luminance only.
    """

    def corrupted(self, images, level, seed):
        _, height, width, channels = ops.shape(images)
        images = ops.round(images)  # JPEG compresses bytes
        luminance, chrominance = (
            of_level(np.array([quantisation(base, quality) for quality in self.levels]), level)
            for base in (LUMINANCE, CHROMINANCE)
        )
        if channels != 3:
            return compressed(_extended(images, BLOCK), luminance)[:, :height, :width]
        to_ycc = ops.convert_to_tensor(TO_YCC.T.astype("float32"))
        planes = ops.round(ops.matmul(images, to_ycc) + ops.convert_to_tensor([0.0, MIDDLE, MIDDLE]))
        planes = _extended(planes, 2 * BLOCK)
        bright = compressed(planes[..., :1], luminance)[:, :height, :width]
        color = compressed(ops.round(_halved(planes[..., 1:])), chrominance)
        color = color[:, : (height + 1) // 2, : (width + 1) // 2]
        color = mix(to_planes(color), *(_constant(doubling(size)) for size in (height, width)))
        color = ops.round(to_images(color)) - MIDDLE
        to_rgb = ops.convert_to_tensor(np.linalg.inv(TO_YCC).T.astype("float32"))
        return ops.round(ops.matmul(ops.concatenate([bright, color], axis=-1), to_rgb))


def quantisation(base: Any, quality: int) -> np.ndarray:
    """The steps `(64,)` to which a block's amplitudes are rounded: libjpeg's scaling of a table, in 1..255."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.clip((np.array(base) * scale + 50) // 100, 1, 255)


def compressed(planes: Any, steps: Any) -> Any:
    """Planes after their amplitudes were rounded to steps.

    Args:
        planes: whole numbers in 0..255, `(B, H, W, K)`; sides are multiples of 8.
        steps: from `quantisation`, `(B, 64)`.
    """
    _, height, width, count = ops.shape(planes)
    basis = cosine_basis(BLOCK)
    waves = ops.convert_to_tensor(np.kron(basis, basis))
    parts = ops.reshape(planes - MIDDLE, (-1, height // BLOCK, BLOCK, width // BLOCK, BLOCK, count))
    parts = ops.reshape(ops.transpose(parts, (0, 1, 3, 5, 2, 4)), (-1, height * width * count // BLOCK**2, BLOCK**2))
    steps = ops.expand_dims(steps, 1)
    amplitudes = ops.round(ops.matmul(parts, ops.transpose(waves)) / steps) * steps
    parts = ops.reshape(ops.matmul(amplitudes, waves), (-1, height // BLOCK, width // BLOCK, count, BLOCK, BLOCK))
    planes = ops.reshape(ops.transpose(parts, (0, 1, 4, 2, 5, 3)), (-1, height, width, count))
    return ops.clip(ops.round(planes + MIDDLE), 0.0, 255.0)


def doubling(size: int) -> np.ndarray:
    """A matrix `(size, size / 2)` that doubles a line: 3/4 of the nearer pixel and 1/4 of the farther one."""
    half = (size + 1) // 2
    nearer = np.arange(size) // 2
    farther = np.clip(nearer + np.where(np.arange(size) % 2, 1, -1), 0, half - 1)
    identity = np.eye(half)
    return 0.75 * identity[nearer] + 0.25 * identity[farther]


def _extended(planes, multiple):
    """Planes whose sides are multiples, continued by their edge pixels."""
    for axis in (1, 2):
        size = planes.shape[axis]
        places = np.minimum(np.arange(-(-size // multiple) * multiple), size - 1)
        planes = ops.take(planes, places, axis=axis)
    return planes


def _halved(planes):
    """Planes of half the size: means of 2 x 2 pixels."""
    _, height, width, count = ops.shape(planes)
    return ops.mean(ops.reshape(planes, (-1, height // 2, 2, width // 2, 2, count)), axis=(2, 4))


def _constant(matrix):
    return ops.convert_to_tensor(matrix[None].astype("float32"))


jpeg_compression = JpegCompression("jpeg_compression", [25, 18, 15, 10, 7])
