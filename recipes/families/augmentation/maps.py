"""Augmentations that draw one map of space and one of colour for every image: crops, affine jitter, a calibrated box.

And smooth warps after them.

Shapes: `B` images, `H` height, `W` width, `C` channels.
"""

import math
from collections.abc import Callable

import numpy as np
from keras import ops

from kinv.models.invariant_transformer.matrices import Matrices
from kinv.ops.affine import affine_color, affine_sample
from kinv.ops.flows import FLOWS, warp_smoothly
from kinv.ops.transformations.catalogue import LUMA

TURN, SHIFT, ZOOM, SHEAR = 30.0, 0.1, 0.2, 0.2  # of affine jitter at strength 1: degrees, widths, factor, slope
BRIGHTNESS, CONTRAST, SATURATION = 0.2, 0.4, 0.5  # of colour jitter: of the full range, factors
WARPS = len(FLOWS["warp"].modes)
Draw = Callable[[tuple[int, int, int], int, np.random.Generator], Matrices]


class Nothing:
    """Images as they are."""

    def augment(self, images: np.ndarray, seed: int) -> np.ndarray:
        """The images `(B, H, W, C)`."""
        return np.asarray(images, "float32")


class Maps:
    """Every image gets its own random map of space, then of colour.

    Args:
        draw: the shape `(H, W, C)`, a number of images and a generator of random numbers to their maps.
        fill: what lies outside the frame, see `kinv.ops.affine.affine_sample`.
    """

    def __init__(self, draw: Draw, fill: str):
        self.draw, self.fill = draw, fill

    def augment(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Images `(B, H, W, C)` in 0..255, changed; the same seed gives the same images."""
        maps = self.draw(images.shape[1:], len(images), np.random.default_rng(seed))
        moved = affine_sample(np.asarray(images, "float32"), maps.space.astype("float32"), self.fill)
        return ops.convert_to_numpy(affine_color(moved, maps.color.astype("float32")))


class Warped:
    """Images of another augmentation, each warped smoothly at random: elastic deformation (Simard et al. 2003).

    Args:
        other: makes the images.
        strength: of every mode, uniform either way, see `kinv.ops.flows.warp_smoothly`.
    """

    def __init__(self, other: Maps, strength: float):
        self.other, self.strength = other, strength

    def augment(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Images `(B, H, W, C)` in 0..255, changed; the same seed gives the same images."""
        sizes = np.random.default_rng([seed, 1]).uniform(-self.strength, self.strength, (len(images), WARPS))
        return ops.convert_to_numpy(warp_smoothly(self.other.augment(images, seed), sizes.astype("float32")))


def shifted(strength: float) -> Draw:
    """Crops of an image with a margin, without mirror images: shifts by whole pixels, up to `strength` widths."""

    def draw(shape, count, random):
        height, width, channels = shape
        space = _identity(count, 2)
        for row, side in enumerate((width, height)):
            pixels = np.round(random.uniform(-strength, strength, count) * side)
            space[:, row, 2] = 2 * pixels / side
        return Matrices(_identity(count, channels), space)

    return draw


def flipped_and_cropped(strength: float) -> Draw:
    """A mirror image half of the time, and a crop of at least `1 - strength` of the width, enlarged to the image."""

    def draw(shape, count, random):
        space = _identity(count, 2)
        side = 1 - strength * random.uniform(size=count)
        mirrored = random.choice([-1.0, 1.0], size=count)
        space[:, 0, 0], space[:, 1, 1] = side * mirrored, side
        space[:, :, 2] = (1 - side)[:, None] * random.uniform(-1, 1, (count, 2))
        return Matrices(_identity(count, shape[2]), space)

    return draw


def affine_and_colour(strength: float, mirrored: bool) -> Draw:
    """Affine and colour jitter: uniform turn, shift, zoom and shear; brightness, contrast and, of RGB, saturation.

    Args:
        strength: what all ranges at the top of this file are multiplied by.
        mirrored: whether half of the images are mirrored as well.
    """

    def draw(shape, count, random):
        channels = shape[2]

        def ranged(most):
            return random.uniform(-strength * most, strength * most, count)

        angle, scale = ranged(TURN) * math.pi / 180, np.exp(ranged(ZOOM))
        cos, sin = scale * np.cos(angle), scale * np.sin(angle)
        slope, across, down = ranged(SHEAR), 2 * ranged(SHIFT), 2 * ranged(SHIFT)
        sign = random.choice([-1.0, 1.0], size=count) if mirrored else np.ones(count)
        rows = [[sign * cos, sign * (slope * cos - sin), across], [sin, slope * sin + cos, down]]
        space = np.stack([np.stack(row, axis=-1) for row in rows], axis=1)
        color = _identity(count, channels)
        if channels == 3:
            grey = np.broadcast_to(LUMA, (3, 3))
            color[:, :, :3] += ranged(SATURATION)[:, None, None] * (np.eye(3) - grey)
        color *= np.exp(ranged(CONTRAST))[:, None, None]
        color[:, :, channels] += ranged(BRIGHTNESS)[:, None]
        return Matrices(color, space)

    return draw


def _identity(count, size):
    return np.broadcast_to(np.eye(size, size + 1), (count, size, size + 1)).copy()
