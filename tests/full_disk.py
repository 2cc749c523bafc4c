"""A disk that is full, as far as this process can see."""

import contextlib

import pytest


@contextlib.contextmanager
def files_of_at_most(size):
    """Files that this process writes may have so many bytes; it skips the test where the system has no such limit."""
    resource = pytest.importorskip("resource", reason="needs limits of POSIX")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
