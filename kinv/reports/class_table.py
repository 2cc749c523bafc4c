"""The classes of a report's images in words: what each tolerates, up to where, and what it turns into."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kinv.analysis.screening.class_means import class_means
from kinv.analysis.screening.tables import Screening

from .words import amount, listed, title_of

MAIN = {"rotation": "Rotation", "zoom": "Zoom", "brightness": "Brightness", "blur": "Blur"}  # critical points shown
NAMED = 3  # classes in a sentence
LEAST_CLASSES = 4  # to say what most of them turn into
WRONG = "wrong at neutral"


def class_rows(screening: Screening) -> list[dict[str, Any]]:
    """A row for each class with enough images, as JSON values, the most tolerant first.

    Args:
        screening: with its table `images`.

    Returns:
        The columns of `class_means`; `most` and `least`, the transformations under which most and fewest predictions
        stay, with their shares; `ends`, up to where the class is recognised under the main transformations, in words;
        `into`, the class that those images turn into most that were right before, and its share of their changes, or
        None.
    """
    images, rows = screening.images, []
    for row in class_means(images).to_dict("records"):
        own = images[images["class"] == row["class"]]
        kept = own.groupby("transformation", sort=False)["kept"].mean().sort_values(kind="stable")
        critical = screening.critical_points[screening.critical_points["class"] == row["class"]]
        most, least = ({"title": title_of(kept.index[at]), "kept": kept.iloc[at]} for at in (-1, 0))
        rows.append({**row, "most": most, "least": least, "ends": ends(critical), "into": _into(own, row["class"])})
    return rows


def ends(critical_points: pd.DataFrame) -> list[str]:
    """Up to where a class is recognised on average: `"Rotation -35° to +40°"`, one for each main transformation.

    Args:
        critical_points: the table of a `Screening`, of one class.
    """
    found = []
    for name, title in MAIN.items():
        rows = critical_points[critical_points["transformation"] == name].to_dict("records")
        if rows:
            found.append(f"{title} {_range(name, rows)}")
    return found


def class_sentences(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Which classes are clearly more or less tolerant than the others, if any, and what most of them turn into.

    Args:
        rows: of `class_rows`.
    """
    return [_tolerant(rows), *_sink(rows)]


def _tolerant(rows):
    more = [row for row in rows if row["verdict"] == "better"]
    fewer = [row for row in rows[::-1] if row["verdict"] == "worse"]
    if not more and not fewer:
        counts = sorted({row["images"] for row in rows})
        between = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
        return f"No class is clearly more or less tolerant than the others, with {between} images of each."
    if not more:
        return f"Fewest predictions stay for {_named(fewer)}."
    return f"Most predictions stay for {_named(more)}{f', fewest for {_named(fewer)}' if fewer else ''}."


def _sink(rows):
    """The class that more than half of the others turn into, if there is one."""
    into = Counter(row["into"]["class_name"] for row in rows if row["into"])
    name, count = into.most_common(1)[0] if into else ("", 0)
    if len(rows) < LEAST_CLASSES or count <= (len(rows) - 1) / 2:
        return []
    return [
        f"Images of {count} of the {len(rows)} classes turn into “{name}” most often: its own may stay for that reason."
    ]


def _named(rows):
    named = [f"“{row['class_name']}” ({100 * row['kept']:.0f} %)" for row in rows[:NAMED]]
    return listed([*named, *([f"{len(rows) - NAMED} more"] if len(rows) > NAMED else [])])


def _range(name, rows):
    if any(row["status"] == WRONG for row in rows):
        return "not even without it"
    if all(row["status"] == "never" for row in rows):
        return "everywhere"
    if len(rows) == 1:
        return f"up to {amount(name, rows[0]['magnitude'])}"
    below, above = sorted(rows, key=lambda row: row["side"], reverse=True)
    reached = [row["end"] if row["status"] == "never" else row["magnitude"] for row in (below, above)]
    return " to ".join(amount(name, end, sign=True) for end in reached)


def _into(images, index):
    counts = images.loc[
        images["first_change"].notna() & (images["predicted"] == index), "turned_into_name"
    ].value_counts()
    return None if counts.empty else {"class_name": counts.index[0], "share": counts.iloc[0] / counts.sum()}
