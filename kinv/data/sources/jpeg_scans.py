"""How many passes over its pixels a JPEG file makes: each may take a few bytes, and costs as much time as the first."""

import contextlib
import io
import mmap
import re
from typing import BinaryIO

MOST_SCANS = 100  # encoders make some ten; libtiff allows as many
START, END, SCAN = 0xD8, 0xD9, 0xDA  # markers
MARKER = re.compile(rb"\xff([^\x00\xff])")
AFTER_CODE = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # a marker that ends the coded pixels of a scan


def count_scans(file: BinaryIO) -> int:
    """The scans of a JPEG file, or of as much of it as there is; what follows its end does not count.

    Raises:
        ValueError: more than any encoder makes.
    """
    if isinstance(file, io.BytesIO):
        scans = _count(file.getvalue())
    else:
        with contextlib.closing(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) as content:
            scans = _count(content)
    if scans > MOST_SCANS:
        raise ValueError(f"it has {scans:,} scans, a JPEG file has at most {MOST_SCANS}")
    return scans


def _count(content: bytes | mmap.mmap) -> int:
    scans, place = 0, 0
    while found := MARKER.search(content, place):
        kind, place = found[1][0], found.end()
        if kind == END:
            break
        if kind != START:
            place += int.from_bytes(content[place : place + 2], "big")
        if kind == SCAN:
            scans += 1
            coded = AFTER_CODE.search(content, place)
            place = len(content) if coded is None else coded.start()
    return scans
