"""Limits for CI: shares below which a report fails, such as `rotation:unchanged@15=0.8` and `accuracy=0.9`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kinv.choices import unknown
from kinv.known_names import TRANSFORMATIONS, transformation_names

MEASURES = ("unchanged", "accuracy")
FORM = re.compile(r"(?:(?P<name>[^:@=]+):)?(?P<measure>[a-z]+)(?:@(?P<magnitude>[^=]+))?=(?P<least>.+)")
EXAMPLES = "rotation:unchanged@15=0.8 or accuracy=0.9"


@dataclass(frozen=True)
class Limit:
    """A share that a network must reach.

    Attributes:
        text: as it was written.
        transformation: its name; None for the images as they are.
        measure: `"unchanged"`, the share of predictions that stay, or `"accuracy"`, averaged over classes.
        magnitude: the magnitude of the transformation.
        least: the least share, in 0..1.
    """

    text: str
    transformation: str | None
    measure: str
    magnitude: float | None
    least: float


def parsed(text: str) -> Limit:
    """The limit that a text stands for.

    Raises:
        ValueError: it does not look like one, or names an unknown transformation.
    """
    found = FORM.fullmatch(text)
    if not found or found["measure"] not in MEASURES:
        raise ValueError(f"a limit must look like {EXAMPLES}, received {text!r}")
    name = found["name"]
    if (name is None) != (found["magnitude"] is None) or (name is None and found["measure"] == "unchanged"):
        raise ValueError(f"a limit must have a transformation and a magnitude, as in {EXAMPLES}, received {text!r}")
    if name is not None and len(transformation_names(name)) > 1:
        raise ValueError(f"a limit must be about a single transformation, received {name!r}")
    if name is not None and name not in TRANSFORMATIONS:
        raise ValueError(unknown("transformation", name, TRANSFORMATIONS, where=" in a limit of a report"))
    try:
        magnitude = None if found["magnitude"] is None else float(found["magnitude"])
        least = float(found["least"])
    except ValueError:
        raise ValueError(f"a limit's magnitude and share must be numbers, received {text!r}") from None
    if not 0 <= least <= 1:
        raise ValueError(f"a limit's share must be in 0..1, received {least:g} in {text!r}")
    return Limit(text, name, found["measure"], magnitude, least)


def with_magnitudes(magnitudes: Mapping[str, Sequence[float]], limits: Sequence[Limit]) -> dict[str, tuple[float, ...]]:
    """The magnitudes to screen at, with those that limits are about."""
    wanted = {name: set(points) for name, points in magnitudes.items()}
    for limit in limits:
        if limit.transformation is not None and limit.magnitude is not None:
            wanted.setdefault(limit.transformation, set()).add(limit.magnitude)
    return {name: tuple(sorted(points)) for name, points in wanted.items()}


def measured(limits: Sequence[Limit], screening: Any, accuracy: float | None) -> list[dict[str, Any]]:
    """What each limit is about, as JSON values: limit, measured, low, high, passed, and a sentence in `said`.

    The interval is of shares of predictions that stay; accuracies have none.

    Args:
        limits: what must be reached.
        screening: at the magnitudes of `with_magnitudes`; None if it failed.
        accuracy: before any change, averaged over images; None without labels.
    """
    rows = []
    for limit in limits:
        low = high = None
        if limit.transformation is None or screening is None:
            value = accuracy if limit.transformation is None else None
        else:
            table = screening.accuracy
            row = table[
                (table["transformation"] == limit.transformation) & (table["magnitude"] == limit.magnitude)
            ].iloc[0]
            value = float(row[limit.measure])
            if limit.measure == "unchanged":
                low, high = float(row["unchanged_low"]), float(row["unchanged_high"])
        passed = value is not None and value >= limit.least
        rows.append({"limit": limit.text, "measured": value, "low": low, "high": high, "passed": passed})
        rows[-1]["said"] = _said(limit, rows[-1])
    return rows


def _said(limit, row):
    if row["measured"] is None:
        why = "the images have no labels" if limit.transformation is None else "the screening failed"
        return f"{limit.text}: not measured, as {why}"
    between = "" if row["low"] is None else f" (95 %: {row['low']:.3f} to {row['high']:.3f})"
    return f"{limit.text}: {row['measured']:.3f}{between}, {'reached' if row['passed'] else 'below the limit'}"
