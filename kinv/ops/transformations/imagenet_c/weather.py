"""The corruptions by weather: brightness, fog and snow; `frost.py` has the fourth."""

import numpy as np
from keras import ops

from ...convolution import convolve
from ...stateless_random import hashed_normal, hashed_rows, seed_of_part
from ..catalogue import LUMA
from .corruption import Corruption, of_level
from .motion import motion_kernels
from .plasma import plasma, power_of_two
from .sampling import magnified_positions, sample_grid, to_images

STEEPEST, SHALLOWEST = -135.0, -45.0  # degrees: the angle at which snow falls


class Brightness(Corruption):
    """Adds to the value of every pixel in HSV, its largest channel; the parameter is how much, of the full range."""

    def corrupted(self, images, level, seed):
        (added,) = self.parameters(level)
        value = ops.max(images, axis=-1, keepdims=True)
        brighter = ops.minimum(value + 255.0 * added, 255.0)
        black = ops.equal(value, 0.0)
        return ops.where(black, brighter, images * (brighter / ops.where(black, 1.0, value)))


class Fog(Corruption):
    """Adds random clouds, and darkens the image to its former largest value.

    The parameters are how much is added, of the full range, and how smooth the clouds are (see `plasma`).
    """

    def corrupted(self, images, level, seed):
        thickness, decay = self.parameters(level)
        batch, height, width, _ = ops.shape(images)
        clouds = plasma(seed, batch, power_of_two(max(height, width)), ops.reshape(decay, (-1,)))
        brightest = ops.max(images, axis=(1, 2, 3), keepdims=True)
        thickness = 255.0 * thickness
        foggy = images + thickness * ops.expand_dims(clouds[:, :height, :width], -1)
        return foggy * brightest / (brightest + thickness)


class Snow(Corruption):
    """Whitens the image, and adds flakes that fall at a random angle, and the same flakes upside down.

    The parameters are the mean and the standard deviation of a noise, a factor by which it is magnified, a threshold
    under which it is no flake, radius and standard deviation of the flakes' motion in pixels, and the share of the
    image that is not whitened. Noise, threshold and share are of the full range.
    """

    def corrupted(self, images, level, seed):
        mean, deviation, _, threshold, radius, motion, share = self.parameters(level)
        batch, height, width, channels = ops.shape(images)
        noise = hashed_normal(seed_of_part(seed, 0), batch, height * width)
        noise = mean + deviation * ops.reshape(noise, (batch, 1, height, width))
        down, across = (
            of_level(np.array([magnified_positions(size, one[2]) for one in self.levels]), level)
            for size in (height, width)
        )
        flakes = to_images(sample_grid(noise, down, across))
        flakes = ops.where(ops.less(flakes, threshold), 0.0, ops.clip(flakes, 0.0, 1.0))
        angle = STEEPEST + (SHALLOWEST - STEEPEST) * hashed_rows(seed_of_part(seed, 1), batch, 1)
        longest = max(one[4] for one in self.levels)
        flakes = convolve(flakes, motion_kernels(radius, motion, angle, longest))
        weights = ops.convert_to_tensor(np.array(LUMA if channels == 3 else [1 / channels] * channels, "float32"))
        grey = ops.sum(images * weights, axis=-1, keepdims=True)
        whitened = share * images + (1.0 - share) * ops.maximum(images, 1.5 * grey + 127.5)
        return whitened + 255.0 * (flakes + ops.flip(flakes, axis=(1, 2)))


brightness = Brightness("brightness", [0.1, 0.2, 0.3, 0.4, 0.5])
fog = Fog("fog", [(1.5, 2), (2.0, 2), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4)])
snow = Snow(
    "snow",
    [
        (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
        (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
        (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
        (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
        (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
    ],
)
