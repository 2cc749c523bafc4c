"""How many pixels all threads together may decode at a time."""

import contextlib
import ctypes
import sys
import threading
from collections.abc import Iterator

LARGE = 4_000_000  # pixels of an image whose memory is worth returning


class PixelBudget:
    """Whoever asks for more than is left waits until others have given back.

    Args:
        most: pixels.
    """

    def __init__(self, most: int):
        self.most, self.used, self.changed = most, 0, threading.Condition()

    @contextlib.contextmanager
    def held(self, pixels: int) -> Iterator[None]:
        """Holds this many pixels while the block runs.

        Raises:
            ValueError: more than there are in all.
        """
        if pixels > self.most:
            raise ValueError(f"{pixels:,} pixels, at most {self.most:,} are decoded at a time")
        with self.changed:
            self.changed.wait_for(lambda: self.used + pixels <= self.most)
            self.used += pixels
        try:
            yield
        finally:
            if pixels > LARGE:
                _return_memory()
            with self.changed:
                self.used -= pixels
                self.changed.notify_all()


def _return_memory() -> None:
    """Gives freed memory back to the system: glibc keeps what each thread freed, for that thread."""
    library = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)  # type: ignore[union-attr]
