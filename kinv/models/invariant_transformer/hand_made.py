"""Hand-made transformations at given distances from the identity: the simplest families to compare a learned one with.

Shapes: `B` images, `C` channels.
"""

from typing import Any

import numpy as np
from keras import ops

from kinv.ops import TRANSFORMATIONS

# name: (transformation, its magnitude furthest from the neutral one, whether both directions are drawn)
SPACE = {
    "shift sideways": ("translate_x", 1.0, True),
    "shift up or down": ("translate_y", 1.0, True),
    "rotation": ("rotation", 180.0, True),
    "zoom out": ("zoom", 4.0, False),
    "zoom in": ("zoom", 0.05, False),
}
COLOR = {
    "brightness": ("brightness", 1.0, True),
    "more contrast": ("contrast", 4.0, False),
    "less contrast": ("contrast", 0.0, False),
    "greyscale": ("greyscale", 1.0, False),
}
STEPS = 721  # of the table that turns distances into magnitudes


def hand_made_matrices(
    name: str, distances: np.ndarray, shape: tuple[int, int, int], random: np.random.Generator
) -> np.ndarray:
    """Matrices of one family at given Frobenius distances from the identity.

    Args:
        name: a name in `SPACE` or `COLOR`.
        distances: `(B,)`. Where the family does not reach so far, its furthest matrix is returned.
        shape: `(height, width, channels)` of the images.
        random: draws the direction where a family has two.

    Returns:
        float32 `(B, 2, 3)` or `(B, C, C + 1)`.
    """
    found, end, two_sided = {**SPACE, **COLOR}[name]
    transformation: Any = TRANSFORMATIONS[found]
    neutral = transformation.neutral
    grid = np.linspace(neutral, end, STEPS)
    steps = np.interp(distances, transformation.distance(grid, shape), grid) - neutral
    if two_sided:
        steps = steps * random.choice([-1, 1], size=len(distances))
    about = shape[1] / shape[0] if name in SPACE else shape[2]
    magnitudes = ops.convert_to_tensor(neutral + steps, "float32")
    return ops.convert_to_numpy(transformation.matrices(magnitudes, about))
