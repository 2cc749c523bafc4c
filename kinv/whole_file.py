"""Files that are whole or not there, whatever happens while they are written."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A draft beside the file, with its suffix, which replaces it if the block ends without an error.

    Raises:
        OSError: the disk is full, or the file can't be written for another reason; it names the file.
    """
    draft = path.with_name(f".{path.name}")
    try:
        yield draft
        os.replace(draft, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        if isinstance(error, OSError):
            said = os.strerror(error.errno) if error.errno else str(error)
            raise OSError(error.errno, f"{said}: the whole file could not be written", str(path)) from None
        raise
