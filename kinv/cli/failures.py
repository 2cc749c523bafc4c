"""How a command ends that can't go on for a reason outside kinv: one line on standard error, and exit status 1."""

import contextlib
import os
import sys
from collections.abc import Iterator

from kinv.places import working_folders
from kinv.printable import printable

LONGEST = 2000  # letters of the line
NOT_BUGS = ("ArtifactError", "OpError")  # kinv's and TensorFlow's, which are slow to import


@contextlib.contextmanager
def one_line_errors() -> Iterator[None]:
    """Ends the program with one line for bad input, missing files, a full disk or a closed output.

    Other exceptions are bugs and keep their traceback.
    """
    try:
        yield
        _flush()
    except BrokenPipeError:
        _end(_CLOSED)
    except OSError as error:
        _end(_described(error))
    except (ValueError, FloatingPointError) as error:
        _end(str(error))
    except KeyboardInterrupt:
        _discard_output()
        sys.exit(130)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # as rich ends
            _end(_CLOSED)
        with contextlib.suppress(OSError):
            _flush()
            raise
        _end(_CLOSED)
    except Exception as error:
        if not {kind.__name__ for kind in type(error).__mro__} & {*NOT_BUGS}:
            raise
        _end(str(error))


_CLOSED = "standard output was closed or is full before everything was written."


def _described(error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and error.filename is None and not working_folders():
        return "the working folder was removed: change into one that exists."
    if not error.strerror:
        return str(error)
    return error.strerror if error.filename is None else f"{error.strerror}: {error.filename}"


def _end(said: str) -> None:
    _discard_output()
    sys.exit(f"error: {printable(said, LONGEST)}")


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _discard_output() -> None:
    """Python would try to write what is left when it ends, fail again, and say so in many lines."""
    try:
        _flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
