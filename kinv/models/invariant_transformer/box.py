"""The calibrated box: independent directions, each as wide as images allow. The simplest rich family.

It takes no gradient and no training: what a learned family has to beat. Shapes: `B` members, `M` directions, `G`
generators, first those of colour, then those of space.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kinv.farthest import farthest

LEAST = 0.9  # share of predictions that stay at either end of a direction
FIRST, FARTHEST, BISECTIONS = 0.04, 2.56, 3  # sizes that are tried


@dataclass(frozen=True)
class Box:
    """Elements of the Lie algebra that go along directions, independently and uniformly between two ends.

    Attributes:
        low, high: the ends, `(M,)`.
        directions: `(M, G)`.
    """

    low: np.ndarray
    high: np.ndarray
    directions: np.ndarray

    def draw(self, count: int, random: np.random.Generator) -> np.ndarray:
        """So many sizes of the generators, `(B, G)`."""
        return random.uniform(self.low, self.high, (count, len(self.low))) @ self.directions


def calibrated_box(kept: Callable[[np.ndarray], float], directions: np.ndarray, least: float = LEAST) -> Box:
    """The box whose directions, each alone, leave a share of the predictions as they are at both ends.

    Args:
        kept: the share of predictions that stay, 0..1, under the maps of one element of the algebra `(G,)`.
        directions: `(M, G)`.
        least: the share at the ends.
    """
    ends = [
        [
            sign * farthest(lambda size, along=sign * direction: kept(size * along), least, FIRST, FARTHEST, BISECTIONS)
            for direction in np.asarray(directions, "float64")
        ]
        for sign in (-1, 1)
    ]
    return Box(np.array(ends[0]), np.array(ends[1]), np.asarray(directions, "float64"))
