"""Tone curves: brighter or darker midtones, shadows and highlights, the same for all channels.

Shapes: `B` batch, `H` height, `W` width, `C` channels, `P` straight pieces of a curve.
"""

import math
from typing import Any

from keras import ops

from .checks import checked
from .runge_kutta import displacement

MODES = ("midtones", "shadows against highlights", "shadows and highlights")
STEPS = 8  # of the integration
FINER = 4  # straight pieces of a curve for each grey level


def bend_tones(images: Any, sizes: Any) -> Any:
    """Changes every value by a monotone curve that leaves black black and white white.

    A value `v`, in 0..1, is carried for unit time by the velocity `sum_i x_i sin(i pi v) / (i pi)`, where `x_i` are the
    sizes. Sizes of the other sign give the inverse curve. Curves are exact at quarters of a grey level, and straight
    between them.

    Args:
        images: float tensor `(B, H, W, C)` in 0..255.
        sizes: float tensor `(B, 3)`: of each mode in `MODES`, the logarithm of the curve's slope at black.

    Returns:
        float32 tensor like `images`, in 0..255. At size 0, the images bit for bit.

    Raises:
        ValueError: images or sizes have a wrong shape.

    Examples:
        >>> import numpy as np
        >>> grey = np.full((1, 2, 2, 3), 128, "float32")
        >>> round(float(np.mean(bend_tones(grey, np.array([[0.5, 0, 0]], "float32")))))
        167
    """
    images, sizes = checked(images, sizes, MODES)
    batch, pieces = ops.shape(images)[0], 255 * FINER
    ends = ops.expand_dims(ops.arange(pieces + 1, dtype="float32") / pieces, 0)
    (moved,) = displacement(lambda values: (_velocity(values, sizes),), (ends + 0 * sizes[:, :1],), STEPS)
    moved = 255.0 * moved
    table = ops.stack([moved[:, :-1], moved[:, 1:] - moved[:, :-1]], axis=-1)
    place = FINER * ops.clip(images, 0.0, 255.0)
    below = ops.minimum(ops.floor(ops.stop_gradient(place)), pieces - 1.0)
    row = ops.reshape(ops.arange(batch, dtype="int32"), (-1, 1, 1, 1))
    index = ops.reshape(row * pieces + ops.cast(below, "int32"), (-1,))
    found = ops.take(ops.reshape(table, (-1, 2)), index, axis=0)
    start, rise = (ops.reshape(part, ops.shape(images)) for part in ops.split(found, 2, axis=-1))
    return ops.clip(images + start + (place - below) * rise, 0.0, 255.0)


def _velocity(values, sizes):
    """Of values `(B, P + 1)` in 0..1."""
    waves = [ops.sin(order * math.pi * values) / (order * math.pi) for order in range(1, len(MODES) + 1)]
    return sum(sizes[:, mode : mode + 1] * wave for mode, wave in enumerate(waves))
