"""What images and labels have to be, said before anything is computed with them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kinv.arrays import as_array, check_numbers, check_pixels, check_unit_range, is_tensor


def as_images(images: Any, where: str = "images", *, shape: Sequence[int | None] | None = None) -> np.ndarray:
    """Images as an array that `check_images` passes.

    Raises:
        ValueError: see `check_images`; or nothing that is an array.
    """
    array = as_array(images, where)
    if array is None:
        raise ValueError(f"{where} must be an array, received a symbolic {type(images).__name__}")
    check_images(array, where, shape=shape)
    return array


def as_image_source(
    images: Any, where: str = "images", *, shape: Sequence[int | None] | None = None, looked_at: int = 50
) -> Any:
    """Images as `as_images` returns them, or an object with `shape` that is indexed like an array, as it is.

    Of the latter, whose images are cut when they are asked for, the first few are checked.

    Args:
        images, where, shape: as for `as_images`.
        looked_at: how many of such an object are checked.

    Raises:
        ValueError: see `as_images`.
    """
    if not hasattr(images, "shape") or hasattr(images, "__array__"):
        return as_images(images, where, shape=shape)
    check_images(np.asarray(images[:looked_at]), where, shape=shape)
    return images


def checked_images(images: Any, *, shape: Sequence[int | None] | None = None) -> Any:
    """Images that `check_images` passes: a tensor as it is, unchecked in a graph; anything else as an array.

    Raises:
        ValueError: see `as_images`.
    """
    array = as_array(images, "images")
    if array is None:
        return images
    check_images(array, shape=shape)
    return images if is_tensor(images) else array


def check_images(images: np.ndarray, where: str = "images", *, shape: Sequence[int | None] | None = None) -> None:
    """Refuses images that are not finite numbers in 0..255, or that look like 0..1.

    Args:
        images: `(N, H, W, C)`.
        where: what the message calls them.
        shape: `(height, width, channels)` that they must have; None for any.

    Raises:
        ValueError: a wrong shape, dtype or range; none at all.
    """
    _check_shape(images, where, shape)
    check_pixels(images, where, whole=True)


def check_range(images: np.ndarray, where: str = "images", *, shape: Sequence[int | None] | None = None) -> None:
    """The same, but for 0..1: of a batch after others, which may well be nearly black."""
    _check_shape(images, where, shape)
    check_pixels(images, where, whole=False)


def _check_shape(images, where, shape):
    if images.ndim != 4 or not images.size:
        raise ValueError(f"{where} must have shape (count, height, width, channels), received {images.shape}")
    expected = tuple(images.shape[1:] if shape is None else shape)
    if len(expected) != 3:
        raise ValueError(f"{where}: the classifier must take images (height, width, channels), it takes {expected}")
    if any(side is not None and side != found for side, found in zip(expected, images.shape[1:], strict=True)):
        sides = tuple("any" if side is None else side for side in expected)
        raise ValueError(f"{where}: the classifier takes images of shape {sides}, received {images.shape[1:]}")


def checked_vectors(vectors: Any, width: int, where: str, *, unit_range: bool) -> Any:
    """Vectors `(N, width)`: a tensor as it is, unchecked in a graph; anything else as a float32 array.

    Raises:
        ValueError: another shape, none at all, not finite, or outside 0..1 with `unit_range`.
    """
    array = as_array(vectors, where)
    if array is None:
        return vectors
    if array.ndim != 2 or array.shape[1] != width or not len(array):
        raise ValueError(f"{where} must have shape (count, {width}), received {array.shape}")
    if unit_range:
        check_unit_range(array, where)
    else:
        check_numbers(array, where)
    return vectors if is_tensor(vectors) else array.astype("float32", copy=False)


def class_indices(labels: Any, count: int, classes: int, where: str = "labels") -> np.ndarray:
    """Class indices, int32 `(N,)`, from labels `(N,)`, `(N, 1)` or one-hot `(N, classes)`.

    Raises:
        ValueError: another shape, labels that are no whole numbers, or no class of the network.
    """
    found = as_array(labels, where)
    if found is None:
        raise ValueError(f"{where} must be an array, received a symbolic {type(labels).__name__}")
    labels, given = found, found.shape
    if given == (count, 1):
        labels = labels[:, 0]
    elif given == (count, classes) and np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all():
        return labels.argmax(axis=1).astype("int32")
    if labels.shape != (count,):
        raise ValueError(
            f"{where} must have shape ({count},), one for each image, ({count}, 1), or be one-hot "
            f"({count}, {classes}), received {given}"
        )
    if labels.dtype.kind not in "iu":
        raise ValueError(f"{where} must be class indices (integers), received dtype {labels.dtype}")
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        wrong = labels[(labels < 0) | (labels >= classes)][0]
        from_one = " They start at 1: subtract 1." if labels.min() >= 1 and labels.max() == classes else ""
        raise ValueError(f"{where} must lie in 0..{classes - 1}, received {wrong}.{from_one}")
    return labels.astype("int32")
