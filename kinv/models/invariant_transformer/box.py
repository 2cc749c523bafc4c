"""The calibrated box: independent generators, each as wide as images allow. The simplest rich family.

It takes no gradient and no training: what a learned family has to beat. Shapes: `B` pairs of maps, `G` generators,
first those of space, then those of colour.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from keras import ops

from kinv.farthest import farthest
from kinv.ops import lie

from .matrices import Matrices

LEAST = 0.9  # share of predictions that stay at either end of a generator
FIRST, FARTHEST, BISECTIONS = 0.04, 2.56, 4  # sizes of a generator that are tried
WIDEST, SCALINGS = 4.0, 8  # factors that are tried to reach a share


@dataclass(frozen=True)
class Box:
    """Sizes of generators, drawn independently and uniformly between two ends.

    Attributes:
        low, high: the ends, `(G,)`.
        channels: of the images, 1 or 3.
        factor: what the ends are multiplied by.
    """

    low: np.ndarray
    high: np.ndarray
    channels: int
    factor: float = 1.0

    def draw(self, count: int, random: np.random.Generator) -> Matrices:
        """So many pairs."""
        return pairs(self.factor * random.uniform(self.low, self.high, (count, len(self.low))), self.channels)

    def scaled(self, factor: float) -> "Box":
        """The same box, with ends multiplied by a factor."""
        return replace(self, factor=factor)


def pairs(sizes: np.ndarray, channels: int) -> Matrices:
    """Maps of space and of colour whose generators have sizes `(B, G)`."""
    moved, recoloured = sizes[:, : len(lie.SPACE)], sizes[:, len(lie.SPACE) :]
    color = lie.exponential(lie.combined(lie.color_generators(channels), recoloured))
    space = lie.exponential(lie.combined(lie.SPACE, moved))
    return Matrices(ops.convert_to_numpy(color), ops.convert_to_numpy(space))


def calibrated_box(kept: Callable[[Matrices], float], channels: int, least: float = LEAST) -> Box:
    """The box whose generators, each alone, leave a share of the predictions as they are at both ends.

    Args:
        kept: the share of predictions that stay under one pair of maps, `B = 1`, 0..1.
        channels: of the images.
        least: the share at the ends.
    """
    count = len(lie.SPACE) + len(lie.color_generators(channels))
    ends = np.zeros((2, count))
    for row, sign in enumerate((-1, 1)):
        for number, alone in enumerate(sign * np.eye(count)):
            ends[row, number] = sign * farthest(
                lambda size, alone=alone: kept(pairs(size * alone[None], channels)), least, FIRST, FARTHEST, BISECTIONS
            )
    return Box(ends[0], ends[1], channels)


def at_share(family: Box, kept: Callable[[Box], float], share: float) -> Box:
    """A family scaled until it keeps this share of the predictions, as nearly as can be told.

    Args:
        family: what is scaled.
        kept: the share of predictions that stay under maps drawn from a family, 0..1.
        share: that it should be.
    """
    low, high = 0.0, WIDEST
    for _ in range(SCALINGS):
        factor = (low + high) / 2
        low, high = (factor, high) if kept(family.scaled(factor)) >= share else (low, factor)
    return family.scaled((low + high) / 2)
