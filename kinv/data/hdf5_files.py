"""A look into a foreign HDF5 file before its arrays are read: they must be in it, and no larger than it is."""

import io
import math
import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .refusal import EXPANDS, most_expanded

MOST_OBJECTS, DEEPEST = 100_000, 32
HEAP = b"GCOL\1\0\0\0"  # starts a collection of texts; its length follows
ENTRY = struct.Struct("<H6xQ")


def count_numbers(file: Path | io.BytesIO) -> int:
    """How many numbers the arrays of an HDF5 file hold; none of them is read.

    Raises:
        ValueError: links, which may lead into other files; arrays that lie in other files or claim more bytes than the
            file has, as compressed ones may; lists of texts that are all the same long one.
        Exception: damaged or no HDF5, of any type.
    """
    import h5py

    size = file.stat().st_size if isinstance(file, Path) else file.getbuffer().nbytes
    room, numbers, texts = size, 0, 0
    with h5py.File(file) as opened:
        for name, item in _objects(opened):
            texts += sum(_texts(item))
            if isinstance(item, h5py.Group):
                continue
            room -= _checked_size(name, item)
            if room < 0:
                raise ValueError("its arrays claim more bytes than it has")
            numbers += item.size
    if texts and texts * _longest_text(file) > most_expanded(size):
        raise ValueError(f"its texts expand to more than {EXPANDS} times its size")
    return numbers


def _objects(file: Any) -> Iterator[tuple[str, Any]]:
    """The file and all that is in it, by name."""
    import h5py

    groups, seen = [(file, 0)], 0
    yield "/", file
    while groups:
        group, depth = groups.pop()
        for name in group:
            seen += 1
            if seen > MOST_OBJECTS or depth > DEEPEST:
                raise ValueError("it holds too many groups and arrays")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{name!r} is a link")
            item = group[name]
            if isinstance(item, h5py.Group):
                groups.append((item, depth + 1))
            yield name, item


def _texts(item: Any) -> Iterator[int]:
    """The lengths of the attributes that are lists of texts of any length, which are kept apart and may be shared."""
    for name in item.attrs:
        attribute = item.attrs.get_id(name)
        if attribute.shape and attribute.dtype.kind not in "SUfiub":
            yield math.prod(attribute.shape)


def _longest_text(file: Path | io.BytesIO) -> int:
    """No text is longer than this many bytes."""
    if isinstance(file, io.BytesIO):
        return _longest_heap(file.getvalue())
    with open(file, "rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return _longest_heap(content)


def _longest_heap(content: bytes | mmap.mmap) -> int:
    """Each collection is its length and entries: a number (0: room that is free), the text's length and the text."""
    longest, start = 0, content.find(HEAP)
    while start >= 0:
        place = start + len(HEAP)
        end = start + int.from_bytes(content[place : place + 8], "little")
        place += 8
        while place + ENTRY.size <= min(end, len(content)):
            number, length = ENTRY.unpack(content[place : place + ENTRY.size])
            place += max(ENTRY.size + length + -length % 8 if number else length, ENTRY.size)
            longest = max(longest, length if number else 0)
        start = content.find(HEAP, start + 1)
    return longest


def _checked_size(name: str, item: Any) -> int:
    import h5py

    if not isinstance(item, h5py.Dataset) or item.dtype.kind not in "fiubV" or item.dtype.names or item.size is None:
        raise ValueError(f"{name!r} is no array of numbers")
    made = item.id.get_create_plist()
    if made.get_external_count() or made.get_layout() == h5py.h5d.VIRTUAL:
        raise ValueError(f"the numbers of {name!r} lie in another file")
    return item.nbytes
