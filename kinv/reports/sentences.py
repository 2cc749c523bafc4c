"""What is tolerated and what is not, in two sentences.

A row is one of the section `tolerance`. Its `sides` hold, by level, where the share of predictions that stay falls
below it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from .words import amount, full_amount, listed, title_of

NAMED = 3  # transformations in a sentence
HARDLY = 0.02  # of a range: a transformation that is tolerated less far is not named
FEW = 20  # images: with fewer, the interval of 90 % is wider than 27 points (Wilson)
MOST, HALF = "0.9", "0.5"  # levels
ALIKE = 0.1  # of both sides together: limits that differ by less are said as one
DIRECTED = ("translate_x", "translate_y", "rotation")  # whose two sides are directions of the same


def tolerated_sentence(network: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """What a network ignores most, and how far 9 of 10 predictions stay.

    Args:
        network: its name.
        rows: the best tolerated first.
    """
    named = [f"{_title(row)} ({tolerated_range(row)})" for row in rows if _is_tolerated(row)][:NAMED]
    if not named:
        return f"{network} ignores none of these transformations: even small ones change 1 of 10 predictions."
    return f"What {network} ignores most: {listed(named)}. Within these, 9 of 10 predictions stay the same."


def lost_sentence(rows: Sequence[Mapping[str, Any]]) -> str:
    """What a network ignores least, and where half of its predictions have changed.

    Args:
        rows: the best tolerated first.
    """
    found = [(row, at) for row in rows[::-1] for at in _half(row)][:2]
    if not found:
        return "No transformation changed half of its predictions."
    named = listed([_title(row) for row, _ in found])
    amounts = listed([f"{_title(row)} ({full_amount(row['transformation'], at)})" for row, at in found])
    return f"What it does not ignore: {named}. Half of its predictions change at {amounts}."


def few_images_sentence(count: int) -> list[str]:
    """A word of warning where there are too few images to tell much; else none."""
    if count >= FEW:
        return []
    return [f"There are only {count} images: all that follows is uncertain, see the intervals."]


def tolerated_range(row: Mapping[str, Any]) -> str:
    """How far 9 of 10 predictions stay: `"up to 12 % either way"`, `"-40 % to +10 %"`, `"up to 1.2 px"`."""
    name = row["transformation"]
    ends = [levels[MOST]["magnitude"] for levels in row["sides"].values()]
    if len(ends) == 1:
        return f"up to {amount(name, ends[0])}"
    if name in DIRECTED and abs(ends[0] + ends[1]) <= ALIKE * (ends[1] - ends[0]):
        return f"up to {amount(name, min(ends, key=abs))} either way"
    return " to ".join(amount(name, end, sign=True) for end in ends)


def _is_tolerated(row):
    return any(abs(levels[MOST]["place"] - row["neutral"]) > HARDLY for levels in row["sides"].values())


def _half(row):
    """The magnitude nearest to the neutral one at which half of the predictions have changed; none or one."""
    halves = [levels[HALF] for levels in row["sides"].values() if levels[HALF]["reached"]]
    return [min(halves, key=lambda half: abs(half["place"] - row["neutral"]))["magnitude"]] if halves else []


def _title(row):
    title = title_of(row["transformation"])
    return title[0].lower() + title[1:]
