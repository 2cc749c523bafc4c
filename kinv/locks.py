"""Locks between processes. The system frees the lock of a process that ends, however it ends."""

import contextlib
import errno
import os
from pathlib import Path

from filelock import FileLock, Timeout

NAME = ".kinv.lock"  # in a folder that one run at a time may write to
UNSUPPORTED = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)  # by some network file systems
READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)  # what is finished can still be read there


class Lock:
    """An exclusive lock on a file, which is removed with it.

    Args:
        path: the file, in an existing folder; it is created.
        reentrant: whether the same thread may hold it several times, by several objects.
    """

    def __init__(self, path: Path, reentrant: bool = False):
        self.path = path
        self._lock = FileLock(path, is_singleton=reentrant, fallback_to_soft=False)

    def acquire(self, seconds: float = 0) -> bool | None:
        """Whether it is held now; None where there are no locks, or nothing can be written.

        Args:
            seconds: how long to wait for another process.
        """
        try:
            self._lock.acquire(timeout=seconds)
        except Timeout:
            return False
        except OSError as error:
            if error.errno in (*UNSUPPORTED, *READ_ONLY):
                return None
            raise
        return True

    def release(self) -> None:
        """Frees it, and removes the file unless the same thread holds it elsewhere."""
        if self._lock.lock_counter == 1:
            with contextlib.suppress(OSError):  # some systems keep a file that is open
                self.path.unlink(missing_ok=True)
        self._lock.release()


class FolderLock:
    """One run at a time may write to a folder; the same thread may hold it several times.

    Args:
        folder: it is created by `acquire`, and removed by `release` if it was not there before and is still empty.
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder, self._held, self._made = Path(folder), None, []

    def __enter__(self) -> "FolderLock":
        self.acquire()
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def acquire(self) -> None:
        """Takes the folder, if this object does not hold it already.

        Raises:
            ValueError: another run holds it.
        """
        if self._held is not None:
            return
        self._made = [path for path in (self.folder, *self.folder.parents) if not path.exists()]
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = Lock(self.folder.resolve() / NAME, reentrant=True)
        taken = lock.acquire()
        if taken is False:
            raise ValueError(
                f"{self.folder} is in use by another run, which is still going on: wait for it to end, or choose "
                "another folder."
            )
        self._held = lock if taken else None

    def release(self) -> None:
        """Frees the folder, if this object holds it."""
        held, self._held = self._held, None
        if held is not None:
            held.release()
        with contextlib.suppress(OSError):  # the first that is not empty ends it
            for folder in self._made:
                folder.rmdir()
        self._made = []


def is_empty(folder: Path) -> bool:
    """Whether a folder holds nothing but a lock."""
    return all(path.name == NAME for path in folder.iterdir())
