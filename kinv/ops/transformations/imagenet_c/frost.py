"""The corruption by frost: ice crystals drawn by noise.

Shapes: `B` batch, `H` height, `W` width, `N` layers of needles.
"""

from typing import Any

import numpy as np
from keras import ops

from ...convolution import convolve
from ...stateless_random import hashed_rows, seed_of_part
from .corruption import Corruption
from .motion import motion_kernels
from .plasma import plasma, power_of_two

# Mean colour and standard deviation of the paper's five photographs, in grey levels, measured on crops of 224 x 224.
ICE = ((79, 150, 166, 15), (198, 202, 211, 19), (197, 202, 211, 19), (141, 156, 169, 26), (99, 111, 123, 33))
LAYERS = 6  # of needles; those of a layer are parallel
SEEDS = 0.015  # share of the pixels at which a needle begins
LENGTH, THINNING = 18, 12.0  # of a needle, in pixels: half its length, and how fast it fades
ROUGHNESS = 1.15  # `decay` of the clouds of ice
BARE = 0.4  # of the range of the clouds: under it, no needle grows
NEEDLES = 0.55  # share of the needles in the ice; the rest is clouds


class Frost(Corruption):
    """Adds ice to a darker image; the parameters are the factors of the image and of the ice.

    The paper adds one of five photographs of frost, which can't be distributed here. This ice is drawn: needles in
    random directions on random clouds. Each image takes the mean colour and the standard deviation of one of the
    photographs. How far images change is therefore alike, and what they look like is not: compare errors under frost
    with published ones only roughly.
    """

    def corrupted(self, images, level, seed):
        kept, added = self.parameters(level)
        batch, height, width, channels = ops.shape(images)
        drawn = ops.cast(hashed_rows(seed_of_part(seed, 0), batch, 1)[:, 0] * len(ICE), "int32")
        ice = ops.take(ops.convert_to_tensor(np.array(ICE, "float32")), drawn, axis=0)
        ice = ops.reshape(ice, (-1, 1, 1, 4))
        color = ice[..., :3] if channels == 3 else ops.mean(ice[..., :3], axis=-1, keepdims=True)
        pattern = ops.expand_dims(crystals(seed, batch, height, width), -1)
        return kept * images + added * ops.clip(color + ice[..., 3:] * pattern, 0.0, 255.0)


def crystals(seed: Any, count: Any, height: int, width: int) -> Any:
    """Patterns of ice `(B, H, W)`, of mean 0 and standard deviation 1 over each image."""
    side = power_of_two(max(height, width))
    clouds = plasma(seed_of_part(seed, 1), count, side, ops.full((count,), ROUGHNESS, dtype="float32"))
    begin = ops.reshape(hashed_rows(seed_of_part(seed, 2), count, LAYERS * height * width), (-1, height, width, 1))
    begin = ops.maximum(1.0 - begin / SEEDS, 0.0)
    angle = ops.reshape(360.0 * hashed_rows(seed_of_part(seed, 3), count, LAYERS), (-1,))
    radius, thinning = (ops.full_like(angle, value) for value in (LENGTH, THINNING))
    needles = convolve(begin, motion_kernels(radius, thinning, angle, LENGTH), "mirror")
    needles = ops.reshape(needles, (-1, LAYERS, height, width))
    # each direction grows where its clouds are thick
    shifts = [ops.roll(clouds, (number * side // LAYERS, number * side // 2), axis=(1, 2)) for number in range(LAYERS)]
    thick = ops.maximum(ops.stack(shifts, axis=1)[:, :, :height, :width] - BARE, 0.0)
    needles = ops.max(needles * thick, axis=1)
    return _standard(NEEDLES * _standard(needles) + (1 - NEEDLES) * _standard(clouds[:, :height, :width]))


def _standard(fields):
    mean, variance = ops.moments(fields, axes=(1, 2), keepdims=True)
    return (fields - mean) / ops.sqrt(variance + 1e-12)


frost = Frost("frost", [(1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)])
