"""Refuses unknown names: says what was received, the nearest known name, and what is known."""

import difflib
from collections.abc import Collection, Iterable
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
