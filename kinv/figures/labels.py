"""Names in figures: every title, label and legend that comes from data passes here."""

import textwrap
from collections.abc import Iterable
from typing import Any

from kinv.printable import printable

NAMELESS = "-"
LONGEST, SHORT = 60, 22  # letters
LETTER = 0.078  # inches of a letter of ten points
FEWEST = 5  # letters of a line
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def label(name: Any, longest: int = LONGEST) -> str:
    """A name on one line, as text that matplotlib draws as it is: no mathematics, no hidden legend entries."""
    return _plain(printable(name, longest))


def class_label(name: Any, longest: int = SHORT) -> str:
    """The first of a class's names, which commas separate."""
    return label(_first(name), longest) or NAMELESS


def fitted(name: Any, inches: float, lines: int = 2) -> str:
    """A name of ten points in lines that are no longer than that, cut where it needs more of them."""
    width = max(FEWEST, int(inches / LETTER))
    text = printable(name, 10 * LONGEST)
    return _plain("\n".join(textwrap.wrap(text, width, max_lines=lines, placeholder=ELLIPSIS)))


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
