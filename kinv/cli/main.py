"""The `kinv` command. Nothing slow is imported before it is needed."""

import sys

import tyro

from kinv import __version__

from .artifacts import Export, List, Pull, Push, Show, Verify
from .evaluate import Evaluate
from .failures import one_line_errors
from .layers import Layers
from .metamers import Metamers
from .report import Report
from .screen import Screen
from .spelling import check_spelling

COMMANDS = {
    "report": Report,
    "list": List,
    "show": Show,
    "verify": Verify,
    "pull": Pull,
    "push": Push,
    "export": Export,
    "evaluate": Evaluate,
    "layers": Layers,
    "metamers": Metamers,
    "screen": Screen,
}


def main(arguments: list[str] | None = None) -> None:
    """The entry point of `kinv`."""
    arguments = sys.argv[1:] if arguments is None else arguments
    with one_line_errors():
        _run(arguments)


def _run(arguments: list[str]) -> None:
    if arguments in (["--version"], ["-V"]):
        print(f"kinv {__version__}")
        return
    check_spelling(arguments, COMMANDS)
    command = tyro.extras.subcommand_cli_from_dict(
        COMMANDS,
        prog="kinv",
        description="What does a trained image network ignore? (--version: which kinv this is.)",
        args=arguments,
    )
    command.run()
