"""Classes: what each tolerates and turns into, where there are enough images; and the images that change soonest."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from kinv.analysis.screening.class_means import LEAST, image_shares
from kinv.printable import printable

from ..class_table import class_rows, class_sentences
from ..subject import Subject
from ..worst_images import worst_images


def make(subject: Subject) -> dict[str, Any]:
    """A row for each class that has enough images, if two have, and before and after of the worst images."""
    counts = image_shares(subject.screening.images)["class"].value_counts()
    why = why_not(counts, subject.names, subject.stream.labelled)
    rows = [] if why else class_rows(subject.screening)
    return {
        "sentences": [printable(sentence) for sentence in class_sentences(rows)] if rows else [],
        "rows": rows,
        "why_not": why,
        "left_out": len(counts) - len(rows),
        "least": LEAST,
        "classes": len(counts),
        "labelled": subject.stream.labelled,
        "worst": worst_images(subject),
        "tables": ["tables/screening", *([subject.keep_table("classes", _flat(rows))] if rows else [])],
    }


def why_not(counts: pd.Series, names: Sequence[str], labelled: bool) -> str | None:
    """Why classes can't be compared; None if they can.

    Args:
        counts: images of each class, the most first, by its index.
        names: of the classes.
        labelled: whether the classes are those of labels; else they are predictions.
    """
    if len(counts) == 1:
        of = "are" if labelled else "are, to the network,"
        name = printable(names[counts.index[0]])
        return f"All {counts.iloc[0]} images {of} of one class, {name}: there is no other to compare."
    if (counts >= LEAST).sum() < 2:
        most = f"at most {counts.iloc[0]}" if counts.iloc[0] > 1 else "only one"
        return (
            f"The {counts.sum()} images are of {len(counts)} classes, {most} of each: too few to compare classes, for "
            f"which at least {LEAST} images of two classes are needed."
        )
    return None


def _flat(rows):
    """The rows as a table for spreadsheets."""
    into = [row["into"] or {"class_name": None, "share": None} for row in rows]
    return pd.DataFrame(rows).assign(
        most=[row["most"]["title"] for row in rows],
        least=[row["least"]["title"] for row in rows],
        ends=["; ".join(row["ends"]) for row in rows],
        into=[one["class_name"] for one in into],
        into_share=[one["share"] for one in into],
    )
