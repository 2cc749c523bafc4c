"""What images and labels have to be, said before anything is computed with them."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def check_images(images: np.ndarray, where: str = "images", *, shape: Sequence[int | None] | None = None) -> None:
    """Refuses images that are not finite numbers in 0..255, or that look like 0..1.

    Args:
        images: `(N, H, W, C)`.
        where: what the message calls them.
        shape: `(height, width, channels)` that they must have; None for any.

    Raises:
        ValueError: a wrong shape, dtype or range; none at all.
    """
    check_range(images, where, shape=shape)
    if 0 < float(images.max()) <= 1:
        raise ValueError(f"{where} must lie in 0..255, received 0..1: multiply them by 255.")


def check_range(images: np.ndarray, where: str = "images", *, shape: Sequence[int | None] | None = None) -> None:
    """The same, but for 0..1: of a batch after others, which may well be nearly black."""
    if images.ndim != 4 or not len(images):
        raise ValueError(f"{where} must have shape (count, height, width, channels), received {images.shape}")
    expected = tuple(images.shape[1:] if shape is None else shape)
    if any(side is not None and side != found for side, found in zip(expected, images.shape[1:], strict=True)):
        sides = tuple("any" if side is None else side for side in expected)
        raise ValueError(f"{where}: the classifier takes images of shape {sides}, received {images.shape[1:]}")
    if images.dtype == np.uint8:
        return
    if not np.issubdtype(images.dtype, np.number) or np.issubdtype(images.dtype, np.complexfloating):
        raise ValueError(f"{where} must be numbers in 0..255, received dtype {images.dtype}")
    low, high = float(images.min()), float(images.max())
    if not np.isfinite([low, high]).all():
        raise ValueError(f"{where} must be finite, received NaN or infinity.")
    if low < 0 or high > 255:
        raise ValueError(f"{where} must lie in 0..255, received {low:.4g}..{high:.4g}")


def class_indices(labels: Any, count: int, classes: int, where: str = "labels") -> np.ndarray:
    """Class indices, int32 `(N,)`, from labels `(N,)`, `(N, 1)` or one-hot `(N, classes)`.

    Raises:
        ValueError: another shape, labels that are no whole numbers, or no class of the network.
    """
    labels = np.asarray(labels)
    given = labels.shape
    if given == (count, 1):
        labels = labels[:, 0]
    elif given == (count, classes) and np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all():
        return labels.argmax(axis=1).astype("int32")
    if labels.shape != (count,):
        raise ValueError(
            f"{where} must have shape ({count},), one for each image, ({count}, 1), or be one-hot "
            f"({count}, {classes}), received {given}"
        )
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{where} must be class indices (integers), received dtype {labels.dtype}")
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        wrong = labels[(labels < 0) | (labels >= classes)][0]
        from_one = " They start at 1: subtract 1." if labels.min() >= 1 and labels.max() == classes else ""
        raise ValueError(f"{where} must lie in 0..{classes - 1}, received {wrong}.{from_one}")
    return labels.astype("int32")
