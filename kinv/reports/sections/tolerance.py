"""What the network ignores, in sentences and one ranked chart, beside two well-known networks."""

from typing import Any

from kinv.analysis.screening.tolerance import limits, tolerance
from kinv.ops import TRANSFORMATIONS
from kinv.printable import printable

from ..landmarks import kept_by, landmarks
from ..sentences import few_images_sentence, lost_sentence, tolerated_sentence
from ..subject import Subject
from ..words import amount, title_of


def make(subject: Subject) -> dict[str, Any]:
    """Sentences, and for each transformation how far it may go."""
    accuracy = subject.screening.accuracy
    ranked = tolerance(accuracy)
    ends = limits(accuracy, {name: TRANSFORMATIONS[name].neutral for name in ranked["transformation"]})
    known = subject.predictions
    rows = [_row(row, ends, accuracy) for row in ranked.to_dict("records")]
    return {
        "sentences": [
            *few_images_sentence(len(known.classes)),
            tolerated_sentence(printable(subject.name), rows),
            lost_sentence(rows),
        ],
        "rows": rows,
        "chance": known.chance,
        "images": len(known.classes),
        "accuracy": known.accuracy,
        "landmarks": [{"name": name, "images": one["images"]} for name, one in landmarks().items()],
        "tables": [subject.keep_table("tolerance", ranked), subject.keep_table("limits", ends)],
    }


def _row(row, ends, accuracy):
    name = row["transformation"]
    of_name = ends[ends["transformation"] == name]
    magnitudes = accuracy.loc[accuracy["transformation"] == name, "magnitude"].sort_values().to_numpy()
    sides: dict[str, dict[str, Any]] = {}
    for one in of_name.to_dict("records"):
        sides.setdefault(one["side"], {})[str(one["level"])] = {
            **{key: one[key] for key in ("magnitude", "nearest", "farthest", "reached")},
            "words": _limit_words(name, one),
            "place": _place(one["magnitude"], magnitudes),
        }
    return {
        **{key: row[key] for key in ("transformation", "kept", "low", "high")},
        "title": title_of(name),
        "sides": sides,
        "neutral": _place(TRANSFORMATIONS[name].neutral, magnitudes),
        "range": [amount(name, magnitudes[0], sign=True), amount(name, magnitudes[-1], sign=True)],
        "landmarks": {
            known: kept for known, one in landmarks().items() if (kept := kept_by(one, name, magnitudes)) is not None
        },
    }


def _place(magnitude, magnitudes):
    """Where a magnitude lies in the range, 0..1."""
    return float((magnitude - magnitudes[0]) / (magnitudes[-1] - magnitudes[0]))


def _limit_words(name, one):
    if not one["reached"]:
        return f"to the end ({amount(name, one['end'])})"
    nearest, farthest = amount(name, one["nearest"]), amount(name, one["farthest"])
    return f"{amount(name, one['magnitude'])} (95 %: {nearest} to {farthest})"
