"""Names in figures: every title, label and legend that comes from data passes here."""

import bisect
import functools
import re
import warnings
from collections.abc import Iterable
from typing import Any

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from kinv.printable import printable

NAMELESS = "-"
LONGEST, SHORT = 60, 22  # letters
PART = re.compile(r"\s*[^\s_-]+[_-]*|\s*[_-]+")  # of a name, between places where a line may end
POINTS = 72  # an inch
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def label(name: Any, longest: int = LONGEST) -> str:
    """A name on one line, as text that matplotlib draws as it is: no mathematics, no hidden legend entries."""
    return _plain(printable(name, longest))


def class_label(name: Any, longest: int = SHORT) -> str:
    """The first of a class's names, which commas separate."""
    return label(_first(name), longest) or NAMELESS


def fitted(name: Any, inches: float, lines: int = 2) -> str:
    """A name of ten points in lines that are no longer than that, cut where it needs more of them.

    Lines end at spaces, and after the underscores and hyphens in names of layers.
    """
    shown = [""]
    for part in PART.findall(printable(name, 10 * LONGEST)):
        if shown[-1] and width(shown[-1] + part) > inches:
            shown.append(part.lstrip())
        else:
            shown[-1] += part
        while (most := _that_fit(shown[-1], inches)) < len(shown[-1]):  # a word that is longer than a line
            shown[-1:] = [shown[-1][:most], shown[-1][most:]]
    if len(shown) > lines:
        last = shown[lines - 1]
        shown = [*shown[: lines - 1], last[: _that_fit(last, inches - width(ELLIPSIS))].rstrip() + ELLIPSIS]
    return _plain("\n".join(shown))


@functools.lru_cache(10_000)
def width(text: str) -> float:
    """How long a line of ten points is, in inches."""
    with warnings.catch_warnings(action="ignore"):  # of letters that the font lacks, it says so when it draws them
        points, _, _ = text_to_path.get_text_width_height_descent(text, FontProperties(size=10), ismath=False)
    return points / POINTS


def _that_fit(line: str, inches: float) -> int:
    """How many letters of a line fit, at least one."""
    most = bisect.bisect_right(range(1, len(line) + 1), inches, key=lambda most: width(line[:most]))
    return max(most, min(len(line), 1))


def fitted_class(name: Any, inches: float, lines: int = 2) -> str:
    """The same of the first of a class's names."""
    return fitted(_first(name), inches, lines) or NAMELESS


def labels(names: Iterable[Any], longest: int = LONGEST) -> list[str]:
    """`label` of every name."""
    return [label(name, longest) for name in names]


def _first(name: Any) -> str:
    return str(name)[:1000].split(",")[0]


def _plain(text: str) -> str:
    shown = f"\N{ZERO WIDTH SPACE}{text}" if text.startswith("_") else text  # else legends leave it out
    return shown.replace("$", r"\$")
