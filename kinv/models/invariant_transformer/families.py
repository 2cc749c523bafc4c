"""Families of maps, learned and simple, as elements of the Lie algebra: each can be scaled about the identity.

Shapes: `B` members, `G` generators, first those of colour, then those of space, then the modes of flows.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from keras import ops

from kinv.ops import lie

from .matrices import Matrices, norms

FEWEST = 0.5  # share of a family's members that has to have a logarithm
HAND_MADE = "shift sideways", "shift up or down", "rotation", "zoom"  # beside contrast and brightness


class Generators(NamedTuple):
    """The generators of colour and of space, for images of so many channels, and how many modes of flows there are."""

    channels: int
    modes: int = 0

    @property
    def of_color(self) -> dict[str, np.ndarray]:
        """Affine maps of colours."""
        return lie.color_generators(self.channels)

    @property
    def count(self) -> int:
        """`G`."""
        return len(self.of_color) + len(lie.SPACE) + self.modes

    @property
    def parts(self) -> dict[str, int]:
        """How many there are of each part, in their order."""
        found = {"color": len(self.of_color), "space": len(lie.SPACE)}
        return {**found, "beyond": self.modes} if self.modes else found

    def maps(self, sizes: np.ndarray) -> Matrices:
        """The maps whose generators have sizes `(B, G)`."""
        color, space, *beyond = self.split(sizes)
        return Matrices(
            ops.convert_to_numpy(lie.exponential(lie.combined(self.of_color, color))),
            ops.convert_to_numpy(lie.exponential(lie.combined(lie.SPACE, space))),
            *(part.astype("float32") for part in beyond),
        )

    def split(self, sizes: np.ndarray) -> list[np.ndarray]:
        """Those of colour, those of space, and those of flows if there are any."""
        return np.split(sizes, np.cumsum(list(self.parts.values()))[:-1], axis=1)

    def sizes(self, maps: Matrices) -> np.ndarray:
        """The sizes of the generators in maps, `(B, G)`; NaN in rows of maps that no element of the algebra leads to.

        Raises:
            ValueError: that is so for more than half of the maps.
        """
        parts = zip(maps[:2], (self.of_color, lie.SPACE), strict=True)
        columns = [lie.sizes_of(lie.logarithm(part.astype("float64")), generators) for part, generators in parts]
        sizes = np.concatenate([*columns, *([] if maps.beyond is None else [maps.beyond])], axis=1)
        known = np.asarray(np.isfinite(sizes).all(axis=1))
        if known.mean() < FEWEST:
            raise ValueError(
                f"most maps must be near enough to the identity to have a logarithm, received {known.sum()} of "
                f"{len(known)}: this family can't be scaled"
            )
        return np.where(known[:, None], sizes, np.nan)

    @property
    def hand_made(self) -> np.ndarray:
        """The directions of shifts, rotation, zoom, contrast and brightness, `(6, G)`; none of flows."""
        shifts = [list(lie.SPACE).index(name) for name in HAND_MADE]
        of_space = np.eye(len(lie.SPACE))[shifts]
        square, column = np.eye(self.channels, self.channels + 1), np.zeros((self.channels, self.channels + 1))
        column[:, -1] = 1
        of_color = lie.sizes_of(np.stack([square, column]), self.of_color)
        of_color /= np.linalg.norm(of_color, axis=1, keepdims=True)
        rest = self.count - len(self.of_color)
        return np.concatenate(
            [np.pad(of_color, ((0, 0), (0, rest))), np.pad(of_space, ((0, 0), (len(self.of_color), self.modes)))]
        )


def random_directions(parts: Sequence[np.ndarray], random: np.random.Generator) -> np.ndarray:
    """Uniformly random directions of every part, with the sizes of given members, `(B, part)` each, to `(B, G)`."""
    found = []
    for part in parts:
        direction = random.normal(size=part.shape)
        found.append(direction * norms(part) / norms(direction))
    return np.concatenate(found, axis=1)
