"""The known transformations that a unit's invariance is measured against, with their parameters in -1..1."""

import math
from typing import Any

import numpy as np
from keras import ops

from kinv.ops.affine import affine_sample
from kinv.ops.stroke_width import stroke_width

PARAMETERS = (
    "rotation",
    "translation along x",
    "translation along y",
    "scale along x",
    "scale along y",
    "stroke width",
)
FAMILIES = {"rotation": (0,), "translation": (1, 2), "scaling": (3, 4), "stroke width": (5,)}
TOGETHER = "all together"
LARGEST = np.array([math.pi, 1, 1, math.log(2), math.log(2), 2], "float32")  # radians, half images, logs, pixels


def transform(images: Any, parameters: Any) -> Any:
    """Widens strokes, then scales, rotates and moves the image; the outside is zero.

    Args:
        images: float tensor `(B, H, W, C)`.
        parameters: `(B, 6)` in -1..1, in the order of `PARAMETERS`; 0 changes nothing. At 1 an image is rotated by
            180 degrees clockwise, moved by half its width to the right and by half its height downwards. It is twice
            as wide and twice as high, and its strokes are wider by two pixels on each side.
    """
    values = ops.convert_to_tensor(parameters) * LARGEST
    angle, right, down, wider, higher, thicker = (values[:, index] for index in range(len(PARAMETERS)))
    images = stroke_width(images, thicker)
    aspect = images.shape[2] / images.shape[1]
    cos, sin = ops.cos(angle), ops.sin(angle)
    # an output position is moved back, rotated back and scaled back to the position that it samples
    rows = (
        (ops.exp(-wider) * cos, ops.exp(-wider) * sin / aspect),
        (-ops.exp(-higher) * sin * aspect, ops.exp(-higher) * cos),
    )
    matrices = [ops.stack([first, second, -first * right - second * down], axis=-1) for first, second in rows]
    return affine_sample(images, ops.stack(matrices, axis=1))
