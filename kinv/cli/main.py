"""The `kinv` command. Nothing slow is imported before it is needed."""

import sys

import tyro

from kinv import __version__

from .artifacts import Export, List, Pull, Push, Show, Verify, plain
from .networks import Evaluate, Screen

COMMANDS = {
    "list": List,
    "show": Show,
    "verify": Verify,
    "pull": Pull,
    "push": Push,
    "export": Export,
    "evaluate": Evaluate,
    "screen": Screen,
}


def main(arguments: list[str] | None = None) -> None:
    """The entry point of `kinv`."""
    if (sys.argv[1:] if arguments is None else arguments) in (["--version"], ["-V"]):
        print(f"kinv {__version__}")
        return
    command = tyro.extras.subcommand_cli_from_dict(
        COMMANDS,
        prog="kinv",
        description="What does a trained image network ignore? (--version: which kinv this is.)",
        args=arguments,
    )
    from kinv.artifacts.errors import ArtifactError

    try:
        command.run()
    except (ArtifactError, ValueError) as error:
        sys.exit(f"error: {plain(str(error)).plain}")
    except OSError as error:  # no such file, no permission, a full disk
        said = f"{error.strerror}: {error.filename}" if error.strerror and error.filename else str(error)
        sys.exit(f"error: {plain(said).plain}")
    except KeyboardInterrupt:
        sys.exit(130)
