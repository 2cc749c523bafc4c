"""Smooth warps: images as if drawn on a rubber sheet that is fixed at the frame.

Shapes: `B` batch, `H` height, `W` width, `C` channels.
"""

import math
from typing import Any

import numpy as np
from keras import ops

from ..affine import pack_neighbours, sample_neighbours
from .checks import checked
from .runge_kutta import displacement

WAVES = tuple((across, down) for across in (1, 2) for down in (1, 2))  # half waves from edge to edge
MODES = tuple(f"{way}, {across} by {down}" for way in ("sideways", "up or down") for across, down in WAVES)
AMPLITUDES = np.array([2 / (math.pi * max(waves)) for waves in 2 * WAVES], "float32")
STEPS = 4  # of the integration: exact to 0.001 at sizes up to 1
KNOTS = 65  # along a side, at which the flow is computed; between them it is linear


def warp_smoothly(images: Any, sizes: Any) -> Any:
    """Samples every image at coordinates that flow, with bilinear interpolation.

    Coordinates run from -1 to 1 between the outer edges, as in `kinv.ops.affine`. In unit time they are carried by the
    velocity `sum x 2 / (pi max(i, j)) sin(i pi u) sin(j pi v)`, for each of its two components: `u` and `v` are 0..1
    across and down, and `i` and `j` the half waves of a mode. It vanishes at the frame, so that nothing comes in from
    outside. Coordinates are mapped one to one, and sizes of the other sign map them back. The image is sampled twice
    then, which blurs it.

    Args:
        images: float tensor `(B, H, W, C)`.
        sizes: float tensor `(B, 8)`: of each mode in `MODES`, the steepest gradient of its velocity. At 1, the fastest
            point sets out at 0.64 or 0.32 of half a side.

    Returns:
        float32 tensor like `images`. At size 0, the images bit for bit.

    Raises:
        ValueError: images or sizes have a wrong shape.

    Examples:
        >>> import numpy as np
        >>> images = np.random.default_rng(0).uniform(0, 255, (1, 8, 8, 3)).astype("float32")
        >>> np.array_equal(warp_smoothly(images, np.zeros((1, 8), "float32")), images)
        True
    """
    images, sizes = checked(images, sizes, MODES)
    height, width = ops.shape(images)[1:3]
    knots = ops.arange(KNOTS, dtype="float32") * (2 / (KNOTS - 1)) - 1
    moved = carried(ops.reshape(knots, (1, 1, -1)), ops.reshape(knots, (1, -1, 1)), sizes)
    (rows, down), (columns, across) = _places(height), _places(width)
    dx, dy = (ops.matmul(ops.matmul(down, along), ops.transpose(across)) for along in moved)
    y = ops.expand_dims(rows, -1) + dy * (ops.cast(height, "float32") / 2)
    x = columns + dx * (ops.cast(width, "float32") / 2)
    return sample_neighbours(pack_neighbours(images), y, x, "nearest")


def carried(x: Any, y: Any, sizes: Any) -> list[Any]:
    """How far coordinates are carried, to the right and down, `(B, K, L)` each.

    Args:
        x, y: where they start, in -1..1, tensors that broadcast to `(B, K, L)`.
        sizes: as in `warp_smoothly`.
    """
    weights = ops.reshape(ops.transpose(sizes * ops.convert_to_tensor(AMPLITUDES)), (len(MODES), -1, 1, 1))
    weights = [weights[mode] for mode in range(len(MODES))]
    return displacement(lambda x, y: _velocity(x, y, weights), (x + 0 * y, 0 * x + y), STEPS)


def _velocity(x, y, weights):
    (one, two), (upper, lower) = ([ops.sin(halves * math.pi / 2 * (to + 1)) for halves in (1, 2)] for to in (x, y))
    return [
        one * (first * upper + second * lower) + two * (third * upper + fourth * lower)
        for first, second, third, fourth in (weights[:4], weights[4:])
    ]


def _places(side):
    """The pixels along a side, `(side,)`, and the share of every knot in every pixel, `(side, KNOTS)`: linear."""
    pixels = ops.arange(side, dtype="float32")
    along = (pixels + 0.5) * (KNOTS - 1) / ops.cast(side, "float32")
    apart = ops.abs(ops.expand_dims(along, -1) - ops.arange(KNOTS, dtype="float32"))
    return pixels, ops.relu(1 - apart)
