"""Refuses misspelt commands and options before anything else happens."""

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from kinv.choices import suggestion, unknown


def check_spelling(arguments: Sequence[str], commands: Mapping[str, Any]) -> None:
    """Ends the program with an error if a command or an option does not exist.

    Args:
        arguments: what was typed after `kinv`.
        commands: their dataclasses, by name; their fields are the options.
    """
    if not arguments or arguments[0].startswith("-"):
        return
    name, *others = arguments
    if name not in commands:
        _end(unknown("command", name, commands, "; see kinv --help"))
    fields = [field.name.replace("_", "-") for field in dataclasses.fields(commands[name])]
    options = [f"--{field}" for field in fields]
    accepted = {*options, *(f"--no-{field}" for field in fields), "--help"}
    for option in others:
        written = option.partition("=")[0].replace("_", "-")
        if written.startswith("--") and len(written) > 2 and written not in accepted:
            _end(f"unknown option {written!r}{suggestion(written, options) or '.'} See kinv {name} --help.")


def _end(message: str) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)
