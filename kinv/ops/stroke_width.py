"""Thicker and thinner strokes: dilation and erosion of grey images, including by fractions of a pixel."""

from typing import Any

from keras import ops

WIDEST = 3  # pixels on each side


def stroke_width(images: Any, radii: Any) -> Any:
    """Widens (`radii > 0`) or thins (`radii < 0`) what is brighter than its surroundings, on each side.

    A pixel becomes the largest value of the diamond of that radius around it, or the smallest (Serra 1982, grey-scale
    dilation and erosion); between whole radii, the values are interpolated. Pixels outside of the
    image are ignored.

    Args:
        images: float tensor `(B, H, W, C)`.
        radii: `(B,)` in pixels, clipped to -3..3.

    Returns:
        Tensor like `images`.
    """
    images = ops.convert_to_tensor(images)
    radii = ops.reshape(ops.clip(ops.convert_to_tensor(radii, images.dtype), -WIDEST, WIDEST), (-1, 1, 1, 1))
    result, wide, narrow = images, images, images
    for _ in range(WIDEST):
        widened, narrowed = _dilated(wide), -_dilated(-narrow)
        result = result + ops.clip(radii, 0, 1) * (widened - wide) + ops.clip(-radii, 0, 1) * (narrowed - narrow)
        wide, narrow = widened, narrowed
        radii = ops.sign(radii) * ops.maximum(ops.abs(radii) - 1, 0)
    return result


def _dilated(images):
    """The largest of every pixel and its four neighbours."""
    lines = ((3, 1), (1, 3))
    return ops.maximum(*(ops.max_pool(images, line, 1, padding="same", data_format="channels_last") for line in lines))
