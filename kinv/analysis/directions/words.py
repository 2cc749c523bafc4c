"""Directions of transformations in words: which generators are in them, and what one sees."""

from collections.abc import Sequence

import numpy as np

from kinv.ops.lie import AXES

MOST, SEEN_MOST = 3, 2  # generators that are named, and changes that are seen
ENOUGH = 0.85  # share of a direction's squared length from which on no more are named
SMALL = 0.25  # a size that is not named after a larger one

# Of each generator: what one sees at a negative size, and at a positive one. Maps of space lead from output positions
# to input positions, so that a positive zoom shows more of the scene.
SEEN = {
    "shift sideways": ("moved right", "moved left"),
    "shift up or down": ("moved down", "moved up"),
    "rotation": ("turned clockwise", "turned anticlockwise"),
    "zoom": ("larger", "smaller"),
    "stretch": ("wider and lower", "narrower and higher"),
    "shear": ("stretched \\", "stretched /"),
}
ENDS = dict(zip(AXES, (("darker", "lighter"), ("greener", "redder"), ("bluer", "yellower")), strict=True))
PLACES = dict(zip(AXES, ("light", "red", "yellow"), strict=True))  # where an axis is positive
SCALED = {
    "light": ("less contrast", "more contrast"),
    "red-green": ("red and green paler", "red and green stronger"),
    "blue-yellow": ("blue and yellow paler", "blue and yellow stronger"),
}
GREY = {"0": SCALED["light"], "shift of 0": ENDS["light"]}


def named(vector: np.ndarray, generators: Sequence[str]) -> str:
    """A direction `(D,)` by its largest generators, such as `zoom +0.82, shear -0.41`."""
    return ", ".join(f"{generators[place]} {vector[place]:+.2f}" for place in _largest(vector))


def seen(vector: np.ndarray, generators: Sequence[str]) -> str:
    """What images become along a direction `(D,)`, such as `smaller, moved up`; the largest change first."""
    return ", ".join(_seen(generators[place], int(vector[place] > 0)) for place in _largest(vector)[:SEEN_MOST])


def _seen(generator, positive):
    axis = generator.removeprefix("shift of ")
    target, _, source = generator.partition(" from ")
    if source:
        return f"{PLACES[source]} parts {ENDS[target][positive]}"
    if axis in ENDS and axis != generator:
        return ENDS[axis][positive]
    return (SEEN | SCALED | GREY)[generator][positive]


def _largest(vector):
    """Places of the largest sizes, as many as a direction's name needs."""
    order = np.argsort(-np.abs(vector), kind="stable")[:MOST]
    enough = int(np.searchsorted(np.cumsum(np.square(vector[order])), ENOUGH)) + 1
    return [place for place in order[:enough] if abs(vector[place]) >= SMALL * abs(vector[order[0]])]
