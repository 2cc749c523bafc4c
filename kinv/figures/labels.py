"""Names in figures: every title, label and legend that comes from data passes here."""

import textwrap
from collections.abc import Iterable
from typing import Any

from kinv.printable import printable

WIDEST = 16  # letters of a line beside an image
NAMELESS = "-"
LONGEST, SHORT = 60, 22  # letters


def label(name: Any, longest: int = LONGEST) -> str:
    """A name on one line, as text that matplotlib draws as it is: no mathematics, no hidden legend entries."""
    return _plain(printable(name, longest))


def class_label(name: Any, longest: int = SHORT) -> str:
    """The first of a class's names, which commas separate."""
    return label(str(name)[:1000].split(",")[0], longest) or NAMELESS


def wrapped(name: Any, longest: int = LONGEST) -> str:
    """A name on several short lines, beside a row of images or above one."""
    return _plain(textwrap.fill(printable(name, longest), WIDEST))


def labels(names: Iterable[Any], longest: int = LONGEST) -> list[str]:
    """`label` of every name."""
    return [label(name, longest) for name in names]


def _plain(text: str) -> str:
    shown = f"\N{ZERO WIDTH SPACE}{text}" if text.startswith("_") else text  # else legends leave it out
    return shown.replace("$", r"\$")
