"""Families of affine maps, learned and simple, as elements of the Lie algebra: each can be scaled about the identity.

Shapes: `B` members, `G` generators, first those of colour, then those of space.
"""

from typing import NamedTuple

import numpy as np
from keras import ops

from kinv.ops import lie

from .matrices import Matrices

FEWEST = 0.5  # share of a family's members that has to have a logarithm
HAND_MADE = "shift sideways", "shift up or down", "rotation", "zoom"  # beside contrast and brightness


class Generators(NamedTuple):
    """The generators of colour and of space, for images of so many channels."""

    channels: int

    @property
    def of_color(self) -> dict[str, np.ndarray]:
        """Affine maps of colours."""
        return lie.color_generators(self.channels)

    @property
    def count(self) -> int:
        """`G`."""
        return len(self.of_color) + len(lie.SPACE)

    def maps(self, sizes: np.ndarray) -> Matrices:
        """The maps whose generators have sizes `(B, G)`."""
        color, space = self.split(sizes)
        return Matrices(
            ops.convert_to_numpy(lie.exponential(lie.combined(self.of_color, color))),
            ops.convert_to_numpy(lie.exponential(lie.combined(lie.SPACE, space))),
        )

    def split(self, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Those of colour and those of space."""
        return sizes[:, : len(self.of_color)], sizes[:, len(self.of_color) :]

    def sizes(self, maps: Matrices) -> np.ndarray:
        """The sizes of the generators in maps, `(B, G)`; NaN in rows of maps that no element of the algebra leads to.

        Raises:
            ValueError: that is so for more than half of the maps.
        """
        parts = zip(maps, (self.of_color, lie.SPACE), strict=True)
        sizes = np.concatenate(
            [lie.sizes_of(lie.logarithm(part.astype("float64")), generators) for part, generators in parts], axis=1
        )
        known = np.asarray(np.isfinite(sizes).all(axis=1))
        if known.mean() < FEWEST:
            raise ValueError(
                f"most maps must be near enough to the identity to have a logarithm, received {known.sum()} of "
                f"{len(known)}: this family can't be scaled"
            )
        return np.where(known[:, None], sizes, np.nan)

    @property
    def hand_made(self) -> np.ndarray:
        """The directions of shifts, rotation, zoom, contrast and brightness, `(6, G)`."""
        shifts = [list(lie.SPACE).index(name) for name in HAND_MADE]
        of_space = np.eye(len(lie.SPACE))[shifts]
        square, column = np.eye(self.channels, self.channels + 1), np.zeros((self.channels, self.channels + 1))
        column[:, -1] = 1
        of_color = lie.sizes_of(np.stack([square, column]), self.of_color)
        of_color /= np.linalg.norm(of_color, axis=1, keepdims=True)
        return np.concatenate(
            [np.pad(of_color, ((0, 0), (0, len(lie.SPACE)))), np.pad(of_space, ((0, 0), (len(self.of_color), 0)))]
        )


def random_directions(like: np.ndarray, channels: int, random: np.random.Generator) -> np.ndarray:
    """Uniformly random directions of colour and of space, with the sizes of given members `(B, G)`."""
    parts = []
    for part in Generators(channels).split(like):
        direction = random.normal(size=part.shape)
        lengths = np.linalg.norm(part, axis=1, keepdims=True)
        parts.append(direction * lengths / np.linalg.norm(direction, axis=1, keepdims=True))
    return np.concatenate(parts, axis=1)
