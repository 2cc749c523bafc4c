"""The corruptions by noise: Gaussian, shot and impulse noise."""

import math
from typing import Any

from keras import ops

from ...stateless_random import hashed_normal, hashed_rows
from .corruption import Corruption

FEW = 10.0  # counts: a Poisson distribution of a smaller mean is summed up term by term
TERMS = 30  # P(more | FEW) is 1e-7


class GaussianNoise(Corruption):
    """Normal noise on every pixel and channel; the parameter is its standard deviation, of the full range."""

    def corrupted(self, images, level, seed):
        (deviation,) = self.parameters(level)
        return images + 255.0 * deviation * _normal(seed, images)


class ShotNoise(Corruption):
    """The noise of few photons: a Poisson number of them; the parameter is their mean number in a white pixel."""

    def corrupted(self, images, level, seed):
        (photons,) = self.parameters(level)
        counts = poisson(images * photons / 255.0, _normal(seed, images))
        return 255.0 * counts / photons


class ImpulseNoise(Corruption):
    """Salt and pepper: values that become 0 or 255, with equal chances; the parameter is their share."""

    def corrupted(self, images, level, seed):
        (share,) = self.parameters(level)
        batch, height, width, channels = ops.shape(images)
        uniform = ops.reshape(hashed_rows(seed, batch, height * width * channels), ops.shape(images))
        pepper, changed = ops.less(uniform, share / 2), ops.less(uniform, share)
        return ops.where(pepper, ops.zeros_like(images), ops.where(changed, ops.full_like(images, 255.0), images))


def poisson(means: Any, normal: Any) -> Any:
    """Poisson numbers from standard normal ones, by the inverse of the distribution function.

    Means of 10 and more take the normal expansion of the inverse, which errs in less than one number in a thousand
    (Giles 2016, "Algorithm 955", equation 4).

    Args:
        means, normal: float32 tensors of one shape.

    Returns:
        Tensor like `means`, of whole numbers.
    """
    uniform = 0.5 * (1.0 + ops.erf(normal / math.sqrt(2)))
    few = ops.minimum(means, FEW)
    term = ops.exp(-few)
    below, counts = term, ops.zeros_like(means)
    for number in range(1, TERMS + 1):
        counts = counts + ops.cast(ops.greater_equal(uniform, below), "float32")
        term = term * few / number
        below = below + term
    root, square = ops.sqrt(ops.maximum(means, FEW)), normal * normal
    many = root * (root + normal) + 1 / 3 + square / 6 - normal * (1 / 36 + square / 72) / root
    many = many + (-8 / 405 + square * (7 / 810 + square / 270)) / (root * root)
    return ops.where(ops.less(means, FEW), counts, ops.maximum(ops.floor(many), 0.0))


def _normal(seed, images):
    batch, height, width, channels = ops.shape(images)
    return ops.reshape(hashed_normal(seed, batch, height * width * channels), ops.shape(images))


gaussian_noise = GaussianNoise("gaussian_noise", [0.08, 0.12, 0.18, 0.26, 0.38])
shot_noise = ShotNoise("shot_noise", [60, 25, 12, 5, 3])
impulse_noise = ImpulseNoise("impulse_noise", [0.03, 0.06, 0.09, 0.17, 0.27])
