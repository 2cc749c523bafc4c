"""The command line of every recipe, made from its `Config`: `--preset`, then every field as a flag."""

import dataclasses
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import tyro

from kinv import ArtifactError

Config = TypeVar("Config")


def main(run: Callable[[Config], Any], presets: Mapping[str, Config], documentation: str | None) -> None:
    """Reads the command line and runs the recipe. Stopped with Ctrl-C, it says how to go on and exits with 130.

    Args:
        run: the recipe.
        presets: configurations by name; one is called `default`. Every other flag changes a field of the chosen one.
        documentation: shown by `--help`.
    """
    arguments = sys.argv[1:]
    name = _preset(arguments)
    if name not in presets:
        sys.exit(f"--preset must be one of {', '.join(presets)}, received {name!r}")
    config = dataclasses.replace(presets[name], preset=name)  # type: ignore[type-var]
    config = tyro.cli(type(config), default=config, description=documentation, args=arguments)
    try:
        run(config)
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on where it was.", file=sys.stderr)
        sys.exit(130)
    except (ValueError, FileNotFoundError, FloatingPointError, ArtifactError) as error:
        sys.exit(f"error: {error}")


def _preset(arguments: list[str]) -> str:
    for index, argument in enumerate(arguments):
        if argument == "--preset" and index + 1 < len(arguments):
            return arguments[index + 1]
        if argument.startswith("--preset="):
            return argument.removeprefix("--preset=")
    return "default"
