"""Keeps the logs of other programs' libraries off standard error."""

import contextlib
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator

_ONE_AT_A_TIME = threading.RLock()  # two threads would each put back what the other one had put there


@contextlib.contextmanager
def stderr_dropped(*, shown_on_error: bool) -> Iterator[None]:
    """Redirects file descriptor 2 of the whole process while the block runs.

    Args:
        shown_on_error: whether what was written is shown if the block raises; False where the error says it all.
    """
    with _ONE_AT_A_TIME, contextlib.ExitStack() as stack:
        try:
            sys.stderr.flush()
            file = stack.enter_context(tempfile.TemporaryFile())
            saved = os.dup(2)
        except (OSError, AttributeError, ValueError):  # there is no stderr, or no folder for temporary files
            yield
            return
        stack.callback(os.close, saved)
        os.dup2(file.fileno(), 2)
        try:
            yield
        except BaseException:
            if shown_on_error:
                os.lseek(file.fileno(), 0, os.SEEK_SET)
                os.write(saved, file.read())
            raise
        finally:
            with contextlib.suppress(OSError, AttributeError, ValueError):
                sys.stderr.flush()  # what the block itself wrote is a part of it
            os.dup2(saved, 2)


@contextlib.contextmanager
def silent(name: str) -> Iterator[None]:
    """Keeps a Python logger from logging while the block runs.

    Args:
        name: of the logger.
    """
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
