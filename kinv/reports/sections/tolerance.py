"""What the network ignores, in sentences and one ranked chart, beside two well-known networks."""

from typing import Any

from kinv.analysis.screening.tolerance import limits, tolerance
from kinv.ops import TRANSFORMATIONS
from kinv.printable import printable

from ..landmarks import kept_by, landmarks
from ..subject import Subject
from ..words import amount, listed, moved_by, title_of

NAMED = 3  # transformations in a sentence
HARDLY = 0.02  # of a range: less than this is not worth a sentence
MOST, HALF = 0.9, 0.5


def make(subject: Subject) -> dict[str, Any]:
    """Sentences, and for each transformation how far it may go."""
    accuracy = subject.screening.accuracy
    ranked = tolerance(accuracy)
    ends = limits(accuracy, {name: TRANSFORMATIONS[name].neutral for name in ranked["transformation"]})
    known = subject.predictions
    rows = [_row(row, ends, accuracy) for row in ranked.to_dict("records")]
    return {
        "sentences": _sentences(subject, rows, known.chance),
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
    low, high = sorted((one["nearest"], one["farthest"]))
    return f"{amount(name, one['magnitude'])} (95 %: {amount(name, low)} to {amount(name, high)})"


def _sentences(subject, rows, chance):
    name = printable(subject.network.name)
    tolerated = [words for row in rows for words in [_tolerated(row)] if words]
    if tolerated:
        first = f"{name} ignores the most when images are {listed(tolerated[:NAMED])}: 9 of 10 predictions stay."
    else:
        first = f"{name} ignores none of these transformations: even the smallest ones change 1 of 10 predictions."
    lost = [(words, row) for row in rows[::-1] for words in [_lost(row)] if words]
    if lost:
        second = f"It does not ignore it when they are {listed([words for words, _ in lost[:2]])}: half of its "
        second += f"predictions change there (by chance, {100 * (1 - chance):.0f} % would)."
    else:
        second = "No transformation in its range changed half of the predictions."
    return [first, second]


def _tolerated(row):
    """How far 9 of 10 predictions stay, in words; empty where that is hardly anywhere."""
    said = []
    for side, levels in row["sides"].items():
        one = levels[str(MOST)]
        if abs(one["place"] - row["neutral"]) > HARDLY:
            said.append((side, one))
    name = row["transformation"]
    both = len(said) == 2 and TRANSFORMATIONS[name].neutral == 0 and name != "brightness"
    if both:
        least = min((abs(one["magnitude"]), one, side) for side, one in said)
        return f"{_either(name)} by up to {moved_by(name, least[2], least[0]).rpartition(' by ')[2]} either way"
    if len(said) == 2 and not any(one["reached"] for _, one in said):
        return f"{moved_by(name, *_at(said[0]))} or {moved_by(name, *_at(said[1]))}"
    return " or ".join(_up_to(name, side, one) for side, one in said)


def _either(name):
    return {"translate_x": "shifted sideways", "translate_y": "shifted up or down", "rotation": "turned"}[name]


def _at(pair):
    return pair[0], pair[1]["magnitude"]


def _up_to(name, side, one):
    words = moved_by(name, side, one["magnitude"])
    return words.replace(" by ", " by up to ", 1).replace(" to ", " to as much as ", 1) if one["reached"] else words


def _lost(row):
    """The side on which half of the predictions change first, in words; empty where that is nowhere."""
    found = [
        (abs(levels[str(HALF)]["place"] - row["neutral"]), side, levels[str(HALF)])
        for side, levels in row["sides"].items()
        if levels[str(HALF)]["reached"]
    ]
    if not found:
        return ""
    _, side, one = min(found, key=lambda each: each[0])
    return moved_by(row["transformation"], side, one["magnitude"])
