"""One image, changed more and more: what is drawn under the axis of a screening's figures."""

from collections.abc import Sequence

import numpy as np
from keras import ops

from kinv.data.checks import as_images
from kinv.ops import Transformation

STRIP = 7


def transformed_strip(
    transformation: Transformation, image: np.ndarray, magnitudes: Sequence[float], fill: str = "zeros", seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Transforms one image with up to `STRIP` evenly spaced magnitudes, to draw under an axis.

    Args:
        transformation: the one that was screened.
        image: `(H, W, C)` in 0..255.
        magnitudes: the screened magnitudes, `(M,)`.
        fill, seed: as passed to `screen`.

    Returns:
        The chosen magnitudes, `(S,)`, and float32 images, `(S, H, W, C)`.

    Raises:
        ValueError: an image of another shape or range.
    """
    image = as_images(np.asarray(image)[None], "image")[0]
    points = np.unique(np.asarray(magnitudes, "float32"))
    points = points[np.unique(np.linspace(0, len(points) - 1, STRIP).round().astype(int))]
    images = transformation(np.repeat(image[None], len(points), axis=0), points, fill, seed)
    return points, ops.convert_to_numpy(images)
