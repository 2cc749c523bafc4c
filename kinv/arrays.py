"""Numbers from outside: what an array must be, said before anything is computed with it or drawn."""

from collections.abc import Sequence
from typing import Any

import numpy as np

REAL, REAL_OR_BOOL = "uif", "buif"  # kinds of dtype
LARGEST = float(np.finfo("float32").max)
ROUNDING = 0.01  # by how much pixel values may miss 0..255
SIXTEEN_BIT = 257  # 65535 / 255


def is_tensor(values: Any) -> bool:
    """Whether these are a framework's, which gradients may pass."""
    return hasattr(values, "dtype") and not isinstance(values, (np.ndarray, np.generic))


def as_array(values: Any, where: str) -> np.ndarray | None:
    """The numbers of an array, nested lists or a tensor; None of a tensor that has none yet, in a graph.

    Raises:
        ValueError: rows of different lengths.
    """
    try:
        array = np.asarray(values)
    except Exception as error:  # each framework refuses in its own way to read what is not computed yet
        if is_tensor(values):
            return None
        raise ValueError(
            f"{where} must be an array of numbers, received a {type(values).__name__} that is none: {error}"
        ) from None
    return array.astype("float32") if array.dtype.name == "bfloat16" else array


def check_numbers(array: np.ndarray, where: str, wanted: str = "numbers", kinds: str = REAL) -> tuple[float, float]:
    """Refuses an array that is empty, or not of finite real numbers; returns the smallest and the largest.

    Args:
        array: of any shape.
        where: what the message calls it.
        wanted: what it must be, such as `"numbers in 0..255"`.
        kinds: kinds of dtype that are numbers.

    Raises:
        ValueError: no values, another dtype (complex, text, objects), NaN or infinity.
    """
    if array.dtype.kind not in kinds:
        raise ValueError(f"{where} must be {wanted}, received dtype {array.dtype}: convert them to float32")
    if not array.size:
        raise ValueError(f"{where} must hold at least one value, received an array of shape {array.shape}")
    low, high = float(array.min()), float(array.max())
    if not max(abs(low), abs(high)) <= LARGEST:  # NaN is not, either
        raise ValueError(f"{where} must be finite, received NaN or infinity: remove or replace them")
    return low, high


def as_numbers(values: Any, where: str, dtype: str = "float32") -> np.ndarray:
    """Finite real numbers of any range, such as the inputs of a network.

    Raises:
        ValueError: see `check_numbers`.
    """
    array = as_array(values, where)
    if array is None:
        raise ValueError(f"{where} must be an array of numbers, received a symbolic {type(values).__name__}")
    check_numbers(array, where)
    return array.astype(dtype, copy=False)


def check_pixels(array: np.ndarray, where: str, *, whole: bool) -> None:
    """Refuses pixel values that are not finite numbers in 0..255.

    Args:
        array: of any shape.
        where: what the message calls it.
        whole: whether these are all images, which can't all be nearly black: 0..1 is another range then.

    Raises:
        ValueError: see `check_numbers`; values out of range.
    """
    if array.dtype == np.uint8 and array.size:
        low, high = 0.0, float(array.max()) if whole else 255.0
    else:
        low, high = check_numbers(array, where, "numbers in 0..255")
    if low < -ROUNDING or high > 255 + ROUNDING:
        raise ValueError(f"{where} must lie in 0..255, received {low:.4g}..{high:.4g}{_rescaled(low, high)}")
    if whole and 0 < high <= 1:
        raise ValueError(f"{where} must lie in 0..255, received 0..1: multiply them by 255.")


def check_drawn(values: Any, where: str, rank: Sequence[int] | int = 4, *, finite: bool = True) -> np.ndarray:
    """The images of a figure, which are clipped to 0..255.

    Args:
        values: images with one or three channels on the last axis, or (rank 3) grey ones without.
        where: what the message calls them.
        rank: numbers of axes that they may have.
        finite: False: images that are not finite are left out of the figure.

    Raises:
        ValueError: another shape; not finite; values whose mean lies outside 0..255, or all in 0..1.
    """
    array, ranks = as_array(values, where), (rank,) if isinstance(rank, int) else tuple(rank)
    if array is None or array.ndim not in ranks or not array.size:
        shape = "nothing that can be drawn" if array is None else array.shape
        raise ValueError(f"{where} must be images with {' or '.join(map(str, ranks))} axes, received {shape}")
    if 3 not in ranks and array.shape[-1] not in (1, 3):
        raise ValueError(f"{where} must have 1 or 3 channels on the last axis, received shape {array.shape}")
    shown = array
    if not finite and array.dtype.kind == "f":
        shown = array[np.isfinite(array)]
        if not shown.size:
            return array
    low, high = check_numbers(shown, where, "numbers in 0..255")
    mean = float(shown.mean(dtype="float64"))
    if mean < 0 or mean > 255 or 0 < high <= 1:
        raise ValueError(f"{where} must lie in 0..255, received {low:.4g}..{high:.4g}{_rescaled(low, high)}")
    return array


def check_unit_range(array: np.ndarray, where: str) -> None:
    """Refuses vectors that are not finite numbers in 0..1.

    Raises:
        ValueError: see `check_numbers`; values out of range.
    """
    low, high = check_numbers(array, where, "numbers in 0..1", REAL_OR_BOOL)
    if low < 0 or high > 1:
        raise ValueError(
            f"{where} must lie in 0..1 for Bernoulli units, received values from {low:g} to {high:g}. "
            "Convert images in 0..255 with kinv.data.as_vectors(images)."
        )


def _rescaled(low: float, high: float) -> str:
    """How values in another usual range become pixel values."""
    if 0 <= low and 0 < high <= 1:
        return ": multiply them by 255."
    if -1 <= low < 0 and high <= 1:
        return ": if they are in -1..1, pass 127.5 * (images + 1)."
    if 0 <= low and 255 < high <= 255 * SIXTEEN_BIT:
        return f": if they have 16 bits, divide them by {SIXTEEN_BIT}."
    return ""
