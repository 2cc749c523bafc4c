"""The transformations of the sensitivity screening, with the paper's formulas and units.

Bunne, Rahmann and Wolf, "Studying Invariances of Trained Convolutional Neural Networks", sections III-A and III-C.
Shapes: `B` batch, `H` height, `W` width, `C` channels, `M` magnitudes.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from keras import ops

from ..affine import affine_color, affine_sample_neighbours, distance_from_identity, pack_neighbours
from ..blur import gaussian_blur
from ..stateless_random import hashed_normal, seed_pair
from .base import Transformation

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as in Pillow's "L"


class Spatial(Transformation):
    """An affine map of the coordinates, which run from -1 to 1 between the image's outer edges.

    Args:
        matrix: magnitudes `(B,)` and width / height to six entries `(B,)` each of the `(2, 3)` matrices.
    """

    def __init__(self, name: str, unit: str, neutral: float, magnitudes: Sequence[float], matrix: Callable):
        super().__init__(name, unit, neutral, magnitudes)
        self._entries = matrix

    def matrices(self, magnitudes: Any, aspect: float) -> Any:
        """The matrices `(B, 2, 3)` from output positions to the positions they sample."""
        entries = [entry + ops.zeros_like(magnitudes) for entry in self._entries(magnitudes, aspect)]
        return ops.reshape(ops.stack(entries, axis=-1), (-1, 2, 3))

    def prepare(self, images):
        return pack_neighbours(images)

    def apply(self, prepared, magnitudes, fill, seed):
        return affine_sample_neighbours(prepared, self.matrices(magnitudes, packed_aspect(prepared)), fill)

    def distance(self, magnitudes, shape):
        matrices = self.matrices(ops.convert_to_tensor(magnitudes, "float32"), shape[1] / shape[0])
        return ops.convert_to_numpy(distance_from_identity(matrices))


class Color(Transformation):
    """An affine map of every pixel's colour.

    Args:
        matrix: magnitudes `(B, 1, 1)` and the number of channels to matrices `(B, C, C + 1)` on colours in 0..1.
    """

    def __init__(
        self, name: str, unit: str, neutral: float, magnitudes: Sequence[float], matrix: Callable, least=-math.inf
    ):
        super().__init__(name, unit, neutral, magnitudes, least)
        self._matrix = matrix

    def matrices(self, magnitudes: Any, channels: int) -> Any:
        """The matrices `(B, C, C + 1)`."""
        return self._matrix(ops.reshape(magnitudes, (-1, 1, 1)), channels)

    def apply(self, prepared, magnitudes, fill, seed):
        return affine_color(prepared, self.matrices(magnitudes, prepared.shape[-1]))

    def distance(self, magnitudes, shape):
        matrices = self.matrices(ops.convert_to_tensor(magnitudes, "float32"), shape[2])
        return ops.convert_to_numpy(distance_from_identity(matrices))


class GaussianBlur(Transformation):
    """`I * K_v`: a Gaussian kernel with a standard deviation of `v` pixels."""

    def apply(self, prepared, magnitudes, fill, seed):
        return gaussian_blur(prepared, magnitudes, fill)


class GaussianNoise(Transformation):
    """`I + 255 z`, z normal with a standard deviation of `v`, independently for every pixel and channel."""

    def apply(self, prepared, magnitudes, fill, seed):
        shape = ops.shape(prepared)
        normal = hashed_normal(seed_pair(seed), shape[0], shape[1] * shape[2] * shape[3])
        deviation = 255.0 * ops.reshape(magnitudes, (-1, 1, 1, 1))
        return ops.clip(prepared + deviation * ops.reshape(normal, shape), 0.0, 255.0)


def packed_aspect(neighbours: Any) -> float:
    """Width / height of images packed by `pack_neighbours`."""
    _, rows, columns, _ = ops.shape(neighbours)
    return (columns - 1) / (rows - 1)


def _translate_x(v, aspect):
    return 1, 0, -2 * v, 0, 1, 0  # I(x - vW, y)


def _translate_y(v, aspect):
    return 1, 0, 0, 0, 1, -2 * v


def _rotate(v, aspect):
    """`I(rot((x, y), -v))`; y points down, so that positive angles turn the image clockwise."""
    radians = ops.mod(v, 360.0) * (math.pi / 180)
    cos, sin = ops.cos(radians), ops.sin(radians)
    return cos, sin / aspect, 0, -sin * aspect, cos, 0


def _scale_x(v, aspect):
    return v, 0, 0, 0, 1, 0  # I(vx - (v - 1)W/2, y): more than 1 shows more of the scene


def _scale_y(v, aspect):
    return 1, 0, 0, 0, v, 0


def _zoom(v, aspect):
    return v, 0, 0, 0, v, 0


def _brightness(v, channels):
    identity = ops.eye(channels, channels + 1)
    last = ops.concatenate([ops.zeros((channels, channels)), ops.ones((channels, 1))], axis=1)
    return identity + v * last  # I + 255 v


def _contrast(v, channels):
    return v * ops.eye(channels, channels + 1)  # v I


def _greyscale(v, channels):
    weights = LUMA if channels == 3 else (1 / channels,) * channels
    grey = ops.convert_to_tensor([[*weights, 0.0]] * channels, dtype="float32")
    return ops.eye(channels, channels + 1) + v * (grey - ops.eye(channels, channels + 1))  # (1 - v) I + v I_grey


def _range(first: float, last: float, count: int) -> tuple[float, ...]:
    return tuple(float(value) for value in np.linspace(first, last, count).round(6))


translate_x = Spatial("translate_x", "widths", 0.0, _range(-0.5, 0.5, 21), _translate_x)
translate_y = Spatial("translate_y", "heights", 0.0, _range(-0.5, 0.5, 21), _translate_y)
rotation = Spatial("rotation", "degrees", 0.0, _range(-180, 180, 37), _rotate)
scale_x = Spatial("scale_x", "factor", 1.0, _range(0.2, 3.0, 29), _scale_x)
scale_y = Spatial("scale_y", "factor", 1.0, _range(0.2, 3.0, 29), _scale_y)
zoom = Spatial("zoom", "factor", 1.0, _range(0.2, 3.0, 29), _zoom)
brightness = Color("brightness", "of full range", 0.0, _range(-1, 1, 21), _brightness)
contrast = Color("contrast", "factor", 1.0, _range(0, 3, 31), _contrast, least=0.0)
greyscale = Color("greyscale", "share", 0.0, _range(0, 1, 11), _greyscale)
blur = GaussianBlur("blur", "pixels", 0.0, _range(0, 10, 21), least=0.0)
noise = GaussianNoise("noise", "of full range", 0.0, _range(0, 1, 21), least=0.0)

TRANSFORMATIONS: dict[str, Transformation] = {
    transformation.name: transformation
    for transformation in (
        translate_x,
        translate_y,
        rotation,
        scale_x,
        scale_y,
        zoom,
        brightness,
        contrast,
        greyscale,
        blur,
        noise,
    )
}
