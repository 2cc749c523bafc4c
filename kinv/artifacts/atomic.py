"""Atomic creation and replacement of folders: readers see the complete old one or the complete new one."""

import contextlib
import ctypes
import errno
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kinv.locks import Lock

from .errors import ArtifactError

ATTEMPTS = 20
TOKEN_BYTES, LOCKED = 8, ".lock"  # of drafts' names
WAIT = 10.0  # seconds for a lock that only another one's clearing may hold, for a moment
ASIDE = "replaced"
RENAME_EXCHANGE = RENAME_SWAP = 2  # linux/fs.h, and macOS's sys/stdio.h
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
HERE = -100  # AT_FDCWD: paths are relative to the working folder


@contextlib.contextmanager
def placed(folder: Path, check_replaceable: Callable[[Path], None]) -> Iterator[Path]:
    """A new folder to fill, which replaces `folder` if the block ends without an error.

    Drafts left by a killed process are removed by the next one that writes here. An `OSError` in the block is passed
    on with the name of `folder` in place of the draft's.

    Args:
        folder: destination.
        check_replaceable: raises if the existing folder must not be replaced; called again just before the replacement.
    """
    folder = folder.resolve()  # where a link leads, not the link
    check_replaceable(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _clear(folder)
    around = folder.with_name(f".{folder.name}.{secrets.token_hex(TOKEN_BYTES)}")
    draft = around / folder.name
    lock = Lock(around.with_name(around.name + LOCKED))
    lock.acquire(WAIT)  # before the draft is there: one without a lock is nobody's
    try:
        draft.mkdir(parents=True)
        yield draft
        _place(draft, folder, check_replaceable)
    except OSError as error:
        if error.errno in FULL or error.filename is not None:  # a write does not say which file it was for
            error.filename = str(error.filename or folder).replace(str(draft), str(folder))
        raise
    finally:
        shutil.rmtree(around, ignore_errors=True)
        lock.release()


def unchanged(folder: Path, read: Callable[[Path], Any]) -> Any:
    """The result of `read` on a folder; retries if the folder was replaced in the meantime."""
    for _ in range(ATTEMPTS):
        before = _identity(folder)
        try:
            answer = read(folder)
        except (ArtifactError, OSError):
            if _identity(folder) == before:
                raise
            continue
        if _identity(folder) == before:
            return answer
    raise ArtifactError(
        f"{folder} was replaced again and again during {ATTEMPTS} attempts to read it: "
        "wait until no process writes to it."
    )


def _identity(folder: Path) -> list[tuple[int, ...]] | None:
    """Which folder it is, and which files are in it."""
    try:
        found = [os.stat(path) for path in (folder, *sorted(folder.iterdir()))]
    except OSError:
        return None
    return [(status.st_dev, status.st_ino, status.st_size, status.st_ctime_ns) for status in found]


def _place(draft: Path, folder: Path, check_replaceable: Callable[[Path], None]) -> None:
    for _ in range(ATTEMPTS):  # others may make or replace the folder at the same time: the last one stays
        if not folder.exists() or not any(folder.iterdir()):
            with contextlib.suppress(OSError):
                os.rename(draft, folder)
                return
        check_replaceable(folder)
        with contextlib.suppress(FileNotFoundError):
            _exchange(draft, folder)
            return
    os.rename(draft, folder)  # raises what stands in the way


def _exchange(first: Path, second: Path) -> None:
    """Swaps two folders in one step, where the system can; else in two, of which a kill may leave the first alone."""
    if _swapped(os.fsencode(first), os.fsencode(second)):
        return
    if not second.exists():
        raise FileNotFoundError(second)
    aside = first.parent / ASIDE
    os.rename(second, aside)
    try:
        os.rename(first, second)
    except OSError:
        os.rename(aside, second)
        raise


def _swapped(first: bytes, second: bytes) -> bool:
    if sys.platform.startswith("linux"):
        library = ctypes.CDLL(None)
        return hasattr(library, "renameat2") and not library.renameat2(HERE, first, HERE, second, RENAME_EXCHANGE)
    return sys.platform == "darwin" and not ctypes.CDLL(None).renamex_np(first, second, RENAME_SWAP)


def _clear(folder: Path) -> None:
    """Removes drafts of ended processes; restores a folder that one of them had set aside."""
    pattern = re.compile(rf"(\.{re.escape(folder.name)}\.[0-9a-f]{{{2 * TOKEN_BYTES}}}){re.escape(LOCKED)}")
    for path in folder.parent.iterdir():
        match = pattern.fullmatch(path.name)
        if match and (lock := Lock(path)).acquire():  # nobody writes there
            draft = path.with_name(match[1])
            if (draft / ASIDE).is_dir() and not folder.exists():
                os.rename(draft / ASIDE, folder)
            shutil.rmtree(draft, ignore_errors=True)
            lock.release()
