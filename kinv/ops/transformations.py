"""The transformations of the sensitivity screening, with the paper's formulas and units.

Bunne, Rahmann and Wolf, "Studying Invariances of Trained Convolutional Neural Networks", sections III-A and III-C.
Shapes: `B` batch, `H` height, `W` width, `C` channels, `D` transformations composed.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from keras import ops

from .affine import FILLS, affine_color, affine_sample
from .gaussian import gaussian_blur
from .hashing import hashed_normal, seed_pair

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as in Pillow's "L"


class Transformation(ABC):
    """One family of changes to pictures, ordered by a magnitude.

    Args:
        name: such as `"translate_x"`.
        unit: of the magnitude.
        neutral: the magnitude that changes nothing.
        magnitudes: the default ones to screen at.
        least: the smallest magnitude that means something.

    Call arguments:
        images: float tensor `(B, H, W, C)` in 0..255.
        magnitudes: `(B,)`, or one number for all; composed ones: `(B, D)` or `(D,)`.
        fill: what lies outside the frame: `"zeros"`, `"reflect"` or `"nearest"`.
        seed: of noise; a whole number, or int32 `(2,)`. Picture `b` draws from the stream `(seed[0], seed[1] + b)`.

    Returns:
        float32 tensor like `images`, in 0..255. At the neutral magnitude, the pictures bit for bit.

    Raises:
        ValueError: wrong shapes, an unknown `fill`, a magnitude that is not finite or below `least`.

    Example:
        >>> import numpy as np
        >>> float(np.mean(TRANSFORMATIONS["contrast"](np.full((1, 2, 2, 3), 100, "float32"), 0.5)))
        50.0
    """

    dimensions = 1
    compiles = True  # with XLA

    def __init__(self, name: str, unit: str, neutral: Any, magnitudes: Sequence[Any], least: float = -math.inf):
        self.name, self.unit, self.neutral, self.least = name, unit, neutral, least
        self.magnitudes = tuple(magnitudes)

    def __call__(self, images: Any, magnitudes: Any, fill: str = "zeros", seed: Any = 0) -> Any:
        if fill not in FILLS:
            raise ValueError(f"fill must be one of {FILLS}, received {fill!r}")
        if isinstance(magnitudes, (float, int, Sequence, np.ndarray)):  # tensors may be placeholders
            self.check(magnitudes)
        images = ops.cast(images, "float32")
        if len(images.shape) != 4:
            raise ValueError(f"images must have shape (batch, height, width, channels), received {tuple(images.shape)}")
        magnitudes = ops.cast(magnitudes, "float32")
        shape = (ops.shape(images)[0],) if self.dimensions == 1 else (ops.shape(images)[0], self.dimensions)
        return self.apply(images, ops.broadcast_to(magnitudes, shape), fill, seed)

    def check(self, magnitudes: Any) -> None:
        """Raises a `ValueError` where a magnitude is not finite or below the least."""
        values = np.asarray(magnitudes, "float64")
        if self.dimensions > 1 and values.shape[-1:] != (self.dimensions,):
            raise ValueError(f"{self.name} takes {self.dimensions} magnitudes a picture, received shape {values.shape}")
        if not np.isfinite(values).all():
            raise ValueError(f"{self.name}: magnitudes must be finite, received {values[~np.isfinite(values)][:3]}")
        if (values < self.least).any():
            raise ValueError(f"{self.name}: magnitudes must be at least {self.least}, received {values.min()}")

    @abstractmethod
    def apply(self, images: Any, magnitudes: Any, fill: str, seed: Any) -> Any:
        """The transformed pictures; `magnitudes` is float32 `(B,)` or `(B, D)`."""

    def distance(self, magnitudes: Any, height: int, width: int) -> np.ndarray:
        """Frobenius distance of the transformation's matrix from the identity, `(M,)`; NaN where it has no matrix."""
        return np.full(len(np.asarray(magnitudes)), np.nan)


class Spatial(Transformation):
    """An affine map of the coordinates, which run from -1 to 1 between the picture's outer edges.

    Args:
        matrix: magnitudes `(B,)` and width / height to six entries `(B,)` each of the `(2, 3)` matrices.
    """

    def __init__(self, name: str, unit: str, neutral: float, magnitudes: Sequence[float], matrix: Callable):
        super().__init__(name, unit, neutral, magnitudes)
        self._entries = matrix

    def matrices(self, magnitudes: Any, aspect: float) -> Any:
        """The matrices `(B, 2, 3)`: where each output position looks."""
        entries = [entry + ops.zeros_like(magnitudes) for entry in self._entries(magnitudes, aspect)]
        return ops.reshape(ops.stack(entries, axis=-1), (-1, 2, 3))

    def apply(self, images, magnitudes, fill, seed):
        _, height, width, _ = ops.shape(images)
        return affine_sample(images, self.matrices(magnitudes, width / height), fill)

    def distance(self, magnitudes, height, width):
        return _distance(self.matrices(ops.convert_to_tensor(magnitudes, "float32"), width / height))


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

    def apply(self, images, magnitudes, fill, seed):
        return affine_color(images, self.matrices(magnitudes, images.shape[-1]))

    def distance(self, magnitudes, height, width):
        return _distance(self.matrices(ops.convert_to_tensor(magnitudes, "float32"), 3))


class GaussianBlur(Transformation):
    """`I * K_v`: a Gaussian kernel with a standard deviation of `v` pixels."""

    def apply(self, images, magnitudes, fill, seed):
        return gaussian_blur(images, magnitudes, fill)


class GaussianNoise(Transformation):
    """`I + 255 z`, z normal with a standard deviation of `v`, for every pixel and channel on its own."""

    def apply(self, images, magnitudes, fill, seed):
        shape = ops.shape(images)
        normal = hashed_normal(seed_pair(seed), shape[0], shape[1] * shape[2] * shape[3])
        deviation = 255.0 * ops.reshape(magnitudes, (-1, 1, 1, 1))
        return ops.clip(images + deviation * ops.reshape(normal, shape), 0.0, 255.0)


class Composed(Transformation):
    """Several transformations, one after the other, each with its own magnitude."""

    def __init__(self, parts: Sequence[Transformation]):
        self.parts = tuple(parts)
        self.dimensions = len(self.parts)
        grid = np.meshgrid(*(part.magnitudes[::2] for part in parts), indexing="ij")
        super().__init__(
            name="+".join(part.name for part in parts),
            unit=", ".join(part.unit for part in parts),
            neutral=tuple(part.neutral for part in parts),
            magnitudes=[tuple(float(v) for v in point) for point in np.stack(grid, axis=-1).reshape(-1, len(parts))],
        )

    def check(self, magnitudes):
        super().check(magnitudes)
        for index, part in enumerate(self.parts):
            part.check(np.asarray(magnitudes)[..., index])

    def apply(self, images, magnitudes, fill, seed):
        columns = [magnitudes[:, index] for index in range(self.dimensions)]
        if all(isinstance(part, Spatial) for part in self.parts):  # one matrix, so that pictures are sampled once
            _, height, width, _ = ops.shape(images)
            first, *others = zip(self.parts, columns, strict=True)
            matrices = first[0].matrices(first[1], width / height)
            for part, column in others:
                matrices = _product(matrices, part.matrices(column, width / height))
            return affine_sample(images, matrices, fill)
        for part, column in zip(self.parts, columns, strict=True):
            images = part.apply(images, column, fill, seed)
        return images


class Custom(Transformation):
    """A user's own transformation: a function of `(images, magnitudes)`, float32 `(B, H, W, C)` and `(B,)`.

    Args:
        function: any that takes and returns arrays or tensors; it is not compiled.
        magnitudes: to screen at.
        name: default: the function's.
        neutral: the magnitude that changes nothing.
        unit: of the magnitude.
    """

    compiles = False

    def __init__(
        self,
        function: Callable[[Any, Any], Any],
        magnitudes: Sequence[float],
        name: str | None = None,
        neutral: float = 0.0,
        unit: str = "",
    ):
        super().__init__(name or getattr(function, "__name__", "custom"), unit, neutral, magnitudes)
        self.function = function

    def apply(self, images, magnitudes, fill, seed):
        return ops.cast(self.function(images, magnitudes), "float32")


def compose(*transformations: Transformation) -> Composed:
    """Applies several transformations one after the other; magnitudes get one column for each.

    Spatial ones are multiplied first, so that the pictures are sampled once.

    Raises:
        ValueError: fewer than two.
    """
    if len(transformations) < 2:
        raise ValueError(f"compose takes at least two transformations, received {len(transformations)}")
    return Composed(transformations)


def _translate_x(v, aspect):
    return 1, 0, -2 * v, 0, 1, 0  # I(x - vW, y)


def _translate_y(v, aspect):
    return 1, 0, 0, 0, 1, -2 * v


def _rotate(v, aspect):
    """`I(rot((x, y), -v))`; y points down, so that positive angles turn the picture clockwise."""
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
    weights = LUMA if channels == 3 else (1.0,) * channels
    grey = ops.convert_to_tensor([[*weights, 0.0]] * channels, dtype="float32")
    return ops.eye(channels, channels + 1) + v * (grey - ops.eye(channels, channels + 1))  # (1 - v) I + v I_grey


def _product(first, second):
    """The matrix of showing a picture through `first` and the result through `second`."""
    square = ops.concatenate([first, ops.broadcast_to([[[0.0, 0.0, 1.0]]], (ops.shape(first)[0], 1, 3))], axis=1)
    last = ops.concatenate([second, ops.broadcast_to([[[0.0, 0.0, 1.0]]], (ops.shape(second)[0], 1, 3))], axis=1)
    return ops.matmul(square, last)[:, :2]


def _distance(matrices) -> np.ndarray:
    matrices = ops.convert_to_numpy(matrices)
    return np.linalg.norm(matrices - np.eye(*matrices.shape[1:]), axis=(1, 2))


def _range(first: float, last: float, count: int) -> tuple[float, ...]:
    return tuple(float(value) for value in np.linspace(first, last, count).round(6))


TRANSFORMATIONS: dict[str, Transformation] = {
    transformation.name: transformation
    for transformation in (
        Spatial("translate_x", "widths", 0.0, _range(-0.5, 0.5, 21), _translate_x),
        Spatial("translate_y", "heights", 0.0, _range(-0.5, 0.5, 21), _translate_y),
        Spatial("rotation", "degrees", 0.0, _range(-180, 180, 37), _rotate),
        Spatial("scale_x", "factor", 1.0, _range(0.2, 3.0, 29), _scale_x),
        Spatial("scale_y", "factor", 1.0, _range(0.2, 3.0, 29), _scale_y),
        Spatial("zoom", "factor", 1.0, _range(0.2, 3.0, 29), _zoom),
        Color("brightness", "of full range", 0.0, _range(-1, 1, 21), _brightness),
        Color("contrast", "factor", 1.0, _range(0, 3, 31), _contrast, least=0.0),
        Color("greyscale", "share", 0.0, _range(0, 1, 11), _greyscale),
        GaussianBlur("blur", "pixels", 0.0, _range(0, 10, 21), least=0.0),
        GaussianNoise("noise", "of full range", 0.0, _range(0, 1, 21), least=0.0),
    )
}
