"""What images and sizes of modes must look like."""

from typing import Any

from keras import ops

from kinv.arrays import as_array, check_numbers


def checked(images: Any, sizes: Any, modes: tuple[str, ...]) -> tuple[Any, Any]:
    """Images `(B, H, W, C)` and sizes `(B, M)` as float32 tensors.

    Raises:
        ValueError: another shape, another number of images than rows of sizes, or sizes that are not finite (where they
            are known: not in a compiled graph).
    """
    known = as_array(sizes, "sizes")
    if known is not None:
        check_numbers(known, "sizes")
    images, sizes = (ops.cast(ops.convert_to_tensor(given), "float32") for given in (images, sizes))
    if len(images.shape) != 4:
        raise ValueError(f"images must have shape (batch, height, width, channels), received {tuple(images.shape)}")
    if len(sizes.shape) != 2 or sizes.shape[1] not in (None, len(modes)):
        raise ValueError(
            f"sizes must have shape (batch, {len(modes)}), one for each of {', '.join(modes)}; received "
            f"{tuple(sizes.shape)}"
        )
    if None not in (images.shape[0], sizes.shape[0]) and images.shape[0] != sizes.shape[0]:
        raise ValueError(f"received {images.shape[0]} images, but sizes for {sizes.shape[0]}: one row for each image")
    return images, sizes
