"""The command line of every recipe, and of the tools beside them: `--preset`, then every setting as a flag."""

import dataclasses
import sys
from collections.abc import Callable
from typing import Any, Literal

import tyro

from kinv.cli.failures import one_line_errors


@dataclasses.dataclass
class _Choice:
    """What is read first, as the defaults of all other flags depend on it."""

    preset: Literal["default", "smoke", "paper"] = "default"


def main(recipe: Callable[[Any], Any], documentation: str | None, arguments: list[str] | None = None) -> None:
    """Reads the command line and runs a recipe. Stopped with Ctrl-C, it says how to go on and exits with 130.

    Args:
        recipe: a function that `experiment.recipe` decorated.
        documentation: shown by `--help`.
        arguments: instead of those of the command line.
    """
    with one_line_errors():
        _run(recipe, documentation, sys.argv[1:] if arguments is None else arguments)


def command(run: Callable[..., Any], documentation: str | None) -> None:
    """The command line of a tool beside the recipes: its arguments are flags, and errors are one line."""
    with one_line_errors():
        tyro.cli(run, description=documentation)


def _run(recipe: Callable[[Any], Any], documentation: str | None, given: list[str]) -> None:
    choice, others = tyro.cli(_Choice, args=given, return_unknown_args=True, add_help=False)
    presets: Any = recipe.presets  # type: ignore[attr-defined]
    flags = f"--preset {{default,smoke,paper}} chooses the defaults; below are those of {choice.preset}."

    def read(of: Any) -> Any:
        named = {name: (f"{documentation}\n{flags}", config) for name, config in of.items()}
        return tyro.extras.overridable_config_cli(named, args=[choice.preset, *others])

    config = read(presets)
    of_data = recipe.data.get(config.data)  # type: ignore[attr-defined]
    config = read(of_data) if of_data else config
    try:
        recipe(config)
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on where it was.", file=sys.stderr)
        sys.exit(130)
