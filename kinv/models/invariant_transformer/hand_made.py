"""Hand-made transformations at given distances from the identity: the simplest families to compare a learned one with.

Shapes: `B` pairs of matrices, `C` channels.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from kinv.ops import TRANSFORMATIONS

from .matrices import Matrices, distances

STEPS = 721  # of the table that turns distances into magnitudes
ROUNDING = 1e-5  # of float32 distances


class Family(NamedTuple):
    """A transformation, its furthest magnitude (endless ones have none), and whether both directions are drawn."""

    transformation: str
    end: float
    two_sided: bool


SPACE = {
    "shift sideways": Family("translate_x", math.inf, True),
    "shift up or down": Family("translate_y", math.inf, True),
    "rotation": Family("rotation", 180.0, True),
    "zoom out": Family("zoom", math.inf, False),
    "zoom in": Family("zoom", 0.05, False),
}
COLOR = {
    "brightness": Family("brightness", math.inf, True),
    "more contrast": Family("contrast", math.inf, False),
    "less contrast": Family("contrast", 0.0, False),
    "greyscale": Family("greyscale", 1.0, False),
}


def hand_made_like(
    pairs: Matrices, space: str, color: str, shape: tuple[int, int, int], seed: int | Sequence[int]
) -> Matrices:
    """Pairs of two families at the distances of given pairs; the seed draws directions."""
    random = np.random.default_rng(seed)
    moved = hand_made_matrices(space, distances(pairs.space), shape, random)
    return Matrices(hand_made_matrices(color, distances(pairs.color), shape, random), moved)  # no flows


def hand_made_matrices(
    name: str, at: np.ndarray, shape: tuple[int, int, int], random: np.random.Generator
) -> np.ndarray:
    """Matrices of one family at given Frobenius distances from the identity.

    Args:
        name: a name in `SPACE` or `COLOR`.
        at: the distances, `(B,)`, none farther than the family's `reach`.
        shape: `(height, width, channels)` of the images.
        random: draws the direction where a family has two.

    Returns:
        float32 `(B, 2, 3)` or `(B, C, C + 1)`.

    Raises:
        ValueError: the family does not reach as far.
    """
    farthest = float(np.max(at))
    if farthest > reach(name, shape) + ROUNDING:
        raise ValueError(f"{name!r} is at most {reach(name, shape):.3g} from the identity, asked for {farthest:.3g}")
    family = {**SPACE, **COLOR}[name]
    transformation: Any = TRANSFORMATIONS[family.transformation]
    magnitudes, reached = _table(family, farthest, shape)
    steps = np.interp(at, reached, magnitudes) - transformation.neutral
    if family.two_sided:
        steps = steps * random.choice([-1, 1], size=len(at))
    about = shape[1] / shape[0] if name in SPACE else shape[2]
    moved = ops.convert_to_tensor(transformation.neutral + steps, "float32")
    return ops.convert_to_numpy(transformation.matrices(moved, about))


def reach(name: str, shape: tuple[int, int, int]) -> float:
    """The farthest that a family gets from the identity, for images `(height, width, channels)`.

    A grey image, for example, has no greyscale but itself: 0.
    """
    family = {**SPACE, **COLOR}[name]
    return math.inf if math.isinf(family.end) else float(_table(family, 0, shape)[1][-1])


def best_hand_made(
    kept: Callable[[Matrices], int], learned: Matrices, also: Matrices, shape: tuple[int, int, int], seed: int
) -> tuple[str, str]:
    """The family of space and the one of colour that keep most predictions, each alone, at the learned distances.

    Families that do not reach all distances are left out: closer to the identity, keeping predictions is easier.

    Args:
        kept: how many predictions these pairs leave as they were; it is called once for each family.
        learned: the pairs at whose distances families are tried.
        also: other pairs whose distances a family has to reach.
        shape: `(height, width, channels)` of the images.
        seed: draws the direction where a family has two.
    """
    still = Matrices(*(np.broadcast_to(np.eye(*part.shape[1:], dtype="float32"), part.shape) for part in learned[:2]))

    def best(part: str, families: dict[str, Family]) -> str:
        at, farthest = distances(getattr(learned, part)), distances(getattr(also, part)).max()
        found = {}
        for name in families:
            if reach(name, shape) >= max(farthest, at.max()):
                moved = hand_made_matrices(name, at, shape, np.random.default_rng([seed, 3]))
                found[name] = kept(still._replace(**{part: moved}))
        return max(found, key=found.__getitem__)

    return best("space", SPACE), best("color", COLOR)


def _table(family: Family, farthest: float, shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Magnitudes away from the neutral one, and their growing distances from the identity."""
    transformation: Any = TRANSFORMATIONS[family.transformation]
    neutral, end = transformation.neutral, family.end
    if math.isinf(end):  # the distance grows linearly
        end = neutral + farthest / float(transformation.distance(np.array([neutral + 1]), shape)[0])
    magnitudes = np.linspace(neutral, end, STEPS)
    reached = transformation.distance(magnitudes, shape)
    growing = slice(int(np.argmax(reached)) + 1)  # a turned wide image is farthest before 180 degrees
    return magnitudes[growing], reached[growing]
