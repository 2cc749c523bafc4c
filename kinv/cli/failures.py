"""How a command ends that can't go on for a reason outside kinv: one line on standard error, and exit status 1."""

import contextlib
import os
import re
import sys
from collections.abc import Iterator

from kinv.places import working_folders
from kinv.printable import printable

LONGEST = 2000  # letters of the line
CLOSED = "standard output was closed or is full before everything was written."
NOT_BUGS = ("ArtifactError", "MissingPackage", "OpError")  # kinv's and TensorFlow's, some slow to import


HDF5 = re.compile(r"filename = '([^']*)'.*errno = (\d+)", re.DOTALL)  # in HDF5's words for a failed write


@contextlib.contextmanager
def one_line_errors() -> Iterator[None]:
    """Ends the program with one line for bad input, missing files, a full disk or a closed output.

    Other exceptions are bugs and keep their traceback.
    """
    try:
        yield
        _flush()
    except BrokenPipeError:
        _end(CLOSED)
    except (OSError, ValueError, FloatingPointError) as error:
        _end(_described(error))
    except KeyboardInterrupt:
        _discard_output()
        sys.exit(130)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # as rich ends
            _end(CLOSED)
        with contextlib.suppress(OSError):
            _flush()
            raise
        _end(CLOSED)
    except Exception as error:
        named = {kind.__name__ for kind in type(error).__mro__}
        if not named & set(NOT_BUGS) and not (isinstance(error, RuntimeError) and HDF5.search(str(error))):
            raise
        _end(_described(error))


def _described(error: Exception) -> str:
    in_hdf5 = HDF5.search(str(error))
    if in_hdf5:
        return f"{os.strerror(int(in_hdf5[2]))}: {in_hdf5[1]}"
    if not isinstance(error, OSError):
        return str(error)
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
