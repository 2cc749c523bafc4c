"""Refuses what is not among the choices: says what was received, the nearest known name, and what is known."""

import difflib
import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar

from .printable import printable

MOST = 40  # names that are listed; of more, the nearest ones are
NEAREST = 5
Name = TypeVar("Name")


def nearest(name: Any, known: Iterable[Any], most: int = 1) -> list[str]:
    """The known names that a misspelt one may stand for, the nearest first; capitals don't count."""
    lowered = {str(one).lower(): str(one) for one in known}
    return [lowered[one] for one in difflib.get_close_matches(str(name).lower(), lowered, most)]


def suggestion(name: Any, known: Iterable[Any]) -> str:
    """`": did you mean NAME?"`, or `""` if no known name is near."""
    near = nearest(name, known)
    return f": did you mean {printable(near[0])}?" if near else ""


def unknown(what: str, name: Any, known: Collection[Any], more: str = "", where: str = "") -> str:
    """The message for an unknown name, such as `unknown layer 'cnov4': did you mean conv4? Known: conv1, conv4.`

    Args:
        what: what is named, such as `"layer"`.
        name: what was received.
        known: the names that there are.
        more: what else is possible, such as `" or a .keras file"`.
        where: where it was looked for, such as `" of squeezenet"`.
    """
    listed = list(known)
    if len(listed) > MOST:
        listed = nearest(name, known, NEAREST) or listed[:NEAREST]
        more = f" and {len(known) - len(listed):,} others{more}"
    near = suggestion(name, known)
    return f"unknown {what} {name!r}{where}{near or '.'} Known: {', '.join(map(printable, listed)) or 'none'}{more}."


def checked_choice(what: str, value: Name, choices: Collection[Any]) -> Name:
    """The value, if it is one of the choices.

    Raises:
        ValueError: if it is not; a near choice is suggested.
    """
    if value not in choices:
        raise ValueError(
            f"{what} must be one of {', '.join(map(repr, choices))}, received {value!r}{suggestion(value, choices)}"
        )
    return value


def checked_range(what: str, value: Any) -> tuple[float, float]:
    """The two ends of a range.

    Raises:
        ValueError: if it is not two finite numbers, the smaller one first.
    """
    try:
        low, high = map(float, value)
    except (TypeError, ValueError):
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"{what} must be two numbers, the smaller one first, received {value!r}")
    return low, high


def class_index(name: int | str, names: Sequence[str] | None, count: int) -> int:
    """The index of a class, given its index or name.

    Raises:
        ValueError: if there is no such class (similar names are suggested), or several have the name.
    """
    if not isinstance(name, str):
        if not 0 <= name < count:
            raise ValueError(f"class must lie in 0..{count - 1}, received {name}")
        return int(name)
    if names is None:
        raise ValueError(f"class must be an index in 0..{count - 1}, received {name!r}: pass it, or pass `class_names`")
    found = [index for index, known in enumerate(names) if known.lower() == str(name).lower()]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f"{len(found)} classes are called {name!r}, expected one: pass one of the indices {found}.")
    raise ValueError(unknown("class", name, names, f" or an index in 0..{count - 1}"))
