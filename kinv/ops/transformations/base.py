"""The base class of families of image changes ordered by a magnitude, and custom transformations.

Shapes: `B` batch, `H` height, `W` width, `C` channels, `D` transformations composed.
"""

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from keras import ops

from kinv.arrays import as_array, check_pixels, is_tensor
from kinv.choices import checked_choice

from ..affine import FILLS


class Transformation(ABC):
    """One family of changes to images, ordered by a magnitude.

    Args:
        name: such as `"translate_x"`.
        unit: unit of the magnitude.
        neutral: the magnitude that changes nothing.
        magnitudes: the default magnitudes to screen at.
        least: the smallest valid magnitude.

    Call arguments:
        images: float tensor `(B, H, W, C)` in 0..255.
        magnitudes: `(B,)`, or one number for all; `(B, D)` or `(D,)` for composed transformations.
        fill: what lies outside the frame: `"zeros"`, `"reflect"` or `"nearest"`.
        seed: seed of the noise; an integer, or int32 `(2,)`. Image `b` draws from the stream `(seed[0], seed[1] + b)`.

    Returns:
        float32 tensor like `images`, in 0..255. At the neutral magnitude, the images are returned bit for bit.

    Raises:
        ValueError: if shapes are wrong, `fill` is unknown, or a magnitude is not finite or below `least`.

    Examples:
        >>> import numpy as np
        >>> from kinv.ops import TRANSFORMATIONS
        >>> float(np.mean(TRANSFORMATIONS["contrast"](np.full((1, 2, 2, 3), 100, "float32"), 0.5)))
        50.0
    """

    dimensions = 1
    compiles = True  # with XLA
    exact = True  # at the neutral magnitude, images are known to be unchanged

    def __init__(self, name: str, unit: str, neutral: Any, magnitudes: Sequence[Any], least: float = -math.inf):
        self.name, self.unit, self.neutral, self.least = name, unit, neutral, least
        self.magnitudes = tuple(magnitudes)

    def __call__(self, images: Any, magnitudes: Any, fill: str = "zeros", seed: Any = 0) -> Any:
        checked_choice("fill", fill, FILLS)
        if isinstance(magnitudes, (float, int, Sequence, np.ndarray, np.generic)):  # tensors may be placeholders
            self.check(magnitudes)
        found = as_array(images, "images")
        shape = images.shape if found is None else found.shape
        if len(shape) != 4 or 0 in shape:
            raise ValueError(f"images must have shape (batch, height, width, channels), received {tuple(shape)}")
        if found is not None:
            check_pixels(found, "images", whole=False)  # masks are transformed, too
        images = ops.cast(images if is_tensor(images) else found, "float32")
        magnitudes = ops.cast(magnitudes, "float32")
        shape = (ops.shape(images)[0],) if self.dimensions == 1 else (ops.shape(images)[0], self.dimensions)
        return self.apply(self.prepare(images), ops.broadcast_to(magnitudes, shape), fill, seed)

    def check(self, magnitudes: Any) -> None:
        """Raises a `ValueError` where a magnitude is not finite or below the least."""
        values = np.asarray(magnitudes, "float64")
        if self.dimensions > 1 and values.shape[-1:] != (self.dimensions,):
            raise ValueError(f"{self.name} takes {self.dimensions} magnitudes per image, received shape {values.shape}")
        if not np.isfinite(values).all():
            raise ValueError(f"{self.name}: magnitudes must be finite, received {values[~np.isfinite(values)][:3]}")
        if (values < self.least).any():
            raise ValueError(f"{self.name}: magnitudes must be at least {self.least}, received {values.min()}")

    def thinned(self, every: int) -> tuple[Any, ...]:
        """Every `every`-th default magnitude, counted from the neutral one, which is kept, and both ends.

        For composed transformations, a sequence for each part.
        """
        start = self.magnitudes.index(self.neutral) % every if self.neutral in self.magnitudes else 0
        return tuple(sorted({*self.magnitudes[start::every], self.magnitudes[0], self.magnitudes[-1]}))

    @property
    def fingerprint(self) -> str:
        """Tells two transformations of the same name apart; empty if the name is sufficient."""
        return ""

    def prepare(self, images: Any) -> Any:
        """Prepares images for `apply`, once if the same images are transformed with many magnitudes.

        Args:
            images: `(B, H, W, C)` in 0..255, float32 or uint8.
        """
        return ops.cast(images, "float32")

    @abstractmethod
    def apply(self, prepared: Any, magnitudes: Any, fill: str, seed: Any) -> Any:
        """The transformed images, from what `prepare` returned; `magnitudes` is float32 `(B,)` or `(B, D)`."""

    def distance(self, magnitudes: Any, shape: tuple[int, int, int]) -> np.ndarray:
        """Frobenius distance of the matrices from the identity `(M,)`, for images `(H, W, C)`; NaN without one."""
        return np.full(len(np.asarray(magnitudes)), np.nan)


class Custom(Transformation):
    """A custom transformation: a function of `(images, magnitudes)`, float32 `(B, H, W, C)` and `(B,)`.

    Args:
        function: any function that takes and returns arrays or tensors; it is not compiled.
        magnitudes: to screen at.
        name: name of the transformation; default: the function's.
        neutral: the magnitude that changes nothing.
        unit: unit of the magnitude.
    """

    compiles = exact = False

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

    def apply(self, prepared, magnitudes, fill, seed):
        changed = ops.cast(self.function(prepared, magnitudes), "float32")
        if tuple(changed.shape) != tuple(prepared.shape):
            raise ValueError(
                f"{self.name} must keep the shape {tuple(prepared.shape)}, it returned {tuple(changed.shape)}"
            )
        return ops.clip(changed, 0.0, 255.0)

    @property
    def fingerprint(self):
        code = getattr(self.function, "__code__", None)
        return "" if code is None else hashlib.sha256(code.co_code + repr(code.co_consts).encode()).hexdigest()
