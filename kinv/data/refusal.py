"""How a reader says that a file is damaged or something else, and how far a compressed one may expand."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from kinv.printable import printable

LONGEST = 200  # characters of a reason
EXPANDS, FLOOR = 40, 2**24  # what a compressed file may hold: a multiple of its own bytes, or 16 MiB if that is more


@contextlib.contextmanager
def refusing(path: Path, problem: str) -> Iterator[None]:
    """Turns whatever goes wrong in the block into an error of one line that names the file.

    Parsers of foreign formats raise exceptions of any type on damaged files.

    Args:
        path: the file that the block reads.
        problem: a part of a sentence, such as `"does not hold pickled arrays"`.

    Raises:
        ValueError: the block raised anything but `FileNotFoundError`, which is passed on.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ValueError(f"{path} {problem}: {reason(error)}") from error


def reason(error: BaseException | str) -> str:
    """What an exception or a text says, on one line of at most 200 printable letters; its type if it says nothing."""
    said = printable(" ".join(str(error).split()), 2 * LONGEST) or type(error).__name__
    return said if len(said) <= LONGEST else said[: LONGEST - 4].rsplit(" ", 1)[0] + " ..."


def most_expanded(size: int) -> int:
    """How many bytes a compressed file of a size may expand to: images and weights are far below it, bombs above."""
    return max(FLOOR, EXPANDS * size)
