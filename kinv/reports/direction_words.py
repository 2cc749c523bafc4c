"""Which mixtures of small changes a network ignores, in sentences for the page."""

import numpy as np

from kinv.analysis.directions.parts import COLOR, SPACE
from kinv.analysis.directions.result import InvariantDirections

OF = {SPACE: "move an image", COLOR: "recolour an image"}
CHANGES = {  # how far along it, and along a random one
    SPACE: "pixels may move by {} of the width, compared with {} in a random direction",
    COLOR: "pixel values may change by {} of their range, compared with {} in a random direction",
}


def sentences(name: str, found: InvariantDirections) -> list[str]:
    """What a network ignores most and least of all small changes, for each part of transformations.

    Args:
        name: the network's.
        found: its directions, with how far they reach.
    """
    return [_sentence(name, found[part]) for part in (COLOR, SPACE)]


def _sentence(name, directions):
    ways = f"Of all ways to {OF[directions.part]}"
    if directions.still:
        return f"{ways}, {name} ignores all: its predictions do not move."
    if not directions.ignored[0]:
        return f"{ways}, {name} ignores none clearly: none moves its predictions less than half as far as a random one."
    most, reverse = directions.seen(0)
    least, other = directions.seen(len(directions) - 1)
    return (
        f'{ways}, {name} ignores most: "{most}", or the reverse, "{reverse}".{_compared(directions)} It ignores '
        f'least: "{least}" and "{other}".'
    )


def _compared(directions):
    """How far images have changed where predictions do, beside a random direction."""
    if directions.reach is None or directions.random_reach is None:
        return ""
    own = f"{100 * directions.amounts(0).mean():.0f} %"
    random = directions.random_reach if directions.part == SPACE else directions.random_image_change / 255
    return f" There, {CHANGES[directions.part].format(own, f'{100 * float(np.median(random)):.0f} %')}."
