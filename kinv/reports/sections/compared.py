"""Two networks on the same images: which of them keeps more of its predictions, under which transformations."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kinv.analysis.screening.paired import compared_tolerance, paired_verdict
from kinv.intervals import wilson_interval
from kinv.printable import printable

from ..subject import Subject
from ..words import listed, title_of

NAMED = 2  # transformations of a network in a sentence
STEP = 0.1  # the axis of differences ends at a multiple


def make(subject: Subject) -> dict[str, Any]:
    """A row for each transformation, and how often both networks are right.

    Raises:
        ValueError: there is no other network, or no transformation of both.
    """
    other = subject.other
    if other is None:
        raise ValueError("no other network was given: name one with --compare (compare=)")
    names = [printable(subject.name), printable(other.name)]
    table = compared_tolerance(subject.screening.images, other.screening.images)
    if table.empty:
        raise ValueError("no transformation was screened with both networks")
    rows = [
        {**row, "title": title_of(row["transformation"]), "said": verdict_words(row, names)}
        for row in table.to_dict("records")
    ]
    return {
        "sentences": sentences(rows, names),
        "rows": rows,
        "networks": [_network(each) for each in (subject, other)],
        "right": _right(subject, other, names),
        "axis": float(np.ceil(table[["low", "high"]].abs().to_numpy().max() / STEP) * STEP),
        "images": int(table["images"].min()),
        "tables": ["tables/screening", f"tables/{other.screening_folder}", subject.keep_table("compared", table)],
    }


def sentences(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """What the comparison shows, in at most two sentences.

    Args:
        rows: of `make`, the greatest advantage of the first network first.
        names: of both networks.
    """
    more = [row for row in rows if row["verdict"] == "better"]
    fewer = [row for row in rows[::-1] if row["verdict"] == "worse"]
    rest = len(rows) - len(more) - len(fewer)
    if not more and not fewer:
        of_all = f"{len(rows)} transformations" if len(rows) > 1 else "transformation"
        return [f"{names[0]} and {names[1]} keep about as many predictions: no clear difference under the {of_all}."]
    under = [f"{word} {_under(some, len(rows))}" for word, some in (("more", more), ("fewer", fewer)) if some]
    first = f"Compared with {names[1]}, {names[0]} keeps {'; '.join(under)}."
    if not rest:
        return [first]
    return [
        first,
        f"No clear difference under the other {f'{rest} transformations' if rest > 1 else 'transformation'}.",
    ]


def verdict_words(row: Mapping[str, Any], names: Sequence[str]) -> str:
    """A verdict on two shares in words.

    Args:
        row: `verdict`, `low` and `high` of the first network's share minus the second's.
        names: of both networks.
    """
    if row["verdict"] in ("better", "worse"):
        return f"{names[row['verdict'] == 'worse']} keeps more, by {points(row)}"
    if row["verdict"] == "as good":
        return f"no clear difference: at most {100 * max(-row['low'], row['high']):.0f} points"
    return "no clear difference"


def points(row: Mapping[str, Any]) -> str:
    """An interval of a difference that is not 0, without its sign: `"5 to 12 points"`."""
    low, high = (f"{100 * end:.0f}" for end in sorted((abs(row["low"]), abs(row["high"]))))
    return f"{low} to {high} points" if low != "0" else f"up to {high} points"


def _under(rows, count):
    named = [f"{row['title'][0].lower()}{row['title'][1:]} (by {points(row)})" for row in rows[:NAMED]]
    if len(rows) == count > NAMED:
        return f"predictions under all {count} transformations, above all {listed(named)}"
    return "under " + listed([*named, *([f"{len(rows) - NAMED} more"] if len(rows) > NAMED else [])])


def _network(subject):
    known = subject.predictions
    right = None if known.labels is None else np.count_nonzero(known.classes == known.labels)
    low, high = (None, None) if right is None else wilson_interval(right, len(known.classes))
    return {
        "name": subject.name,
        "accuracy": known.accuracy,
        "low": low,
        "high": high,
        "chance": known.chance,
        "size": list(subject.network.input_shape[1:3]),
    }


def _right(subject, other, names):
    """Which network is right more often before any change, in words; None without labels."""
    one, second = subject.predictions, other.predictions
    if one.labels is None or second.labels is None:
        return None
    right = [(known.classes == known.labels).astype("float64") for known in (one, second)]
    verdict = paired_verdict(right[0] - right[1])
    if verdict.kind in ("better", "worse"):
        better = names[verdict.kind == "worse"]
        return f"{better} is right more often, by {points({'low': verdict.low, 'high': verdict.high})}."
    return "No clear difference in how often they are right."
