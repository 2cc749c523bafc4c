"""Reads arrays out of MATLAB files of version 5 to 7, which damage can't turn into a crash, as it can SciPy's reader.

A file is a header and one element for each variable: a type, a length and the content. The content of an array is made
of elements, too: flags, lengths, name and values. MathWorks, "MAT-File Format", describes it.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .refusal import EXPANDS, most_expanded, refusing

HEADER = 128  # bytes; the last two say the byte order
ARRAY, COMPRESSED = 14, 15  # types of elements
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
ORDERS = {b"IM": "<", b"MI": ">"}
TEXTS = {
    order: {1: "latin1", 2: "latin1", 4: utf16, 16: "utf-8", 17: utf16}
    for order, utf16 in (("<", "utf-16-le"), (">", "utf-16-be"))
}
CELL, CHARACTERS = 1, 4  # classes of arrays
CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
COMPLEX = 0x800  # a flag


def read_matlab(path: Path, *names: str) -> list[np.ndarray]:
    """Arrays of real numbers, and cells of texts, by name in a MATLAB file.

    Raises:
        ValueError: no such file, or not one with these arrays; or it unpacks to far more than the file has.
    """
    with refusing(path, f"is not a MATLAB file with {', '.join(names)}"):
        if not path.is_file():
            raise ValueError("there is no such file")
        found = dict(_Reader(path.read_bytes()).arrays(names))
        missing = [name for name in names if name not in found]
        if missing:
            raise ValueError(f"there is no {', '.join(missing)}")
        return [found[name] for name in names]


class _Reader:
    def __init__(self, content: bytes):
        self.content = content
        self.order = ORDERS.get(content[HEADER - 2 : HEADER], "")
        if not self.order:
            raise ValueError("it is not of version 5 to 7: save it with -v7")

    def arrays(self, names: tuple[str, ...]) -> Iterator[tuple[str, np.ndarray]]:
        """Name and values of each variable that is asked for."""
        place, room = HEADER, most_expanded(len(self.content))
        while place < len(self.content):
            kind, content, place = self._element(self.content, place, padded=False)
            if kind == COMPRESSED:
                unpacked = zlib.decompressobj().decompress(content, room + 1)
                room -= len(unpacked)
                if room < 0:
                    raise ValueError(f"it unpacks to more than {EXPANDS} times its size")
                kind, content, _ = self._element(unpacked, 0)
            if kind != ARRAY:
                raise ValueError(f"it holds an element of the unknown type {kind}")
            name, flags, shape, values = self._header(content)
            if name in names:
                yield name, self._values(flags, shape, values)

    def _element(self, data: bytes, place: int, padded: bool = True) -> tuple[int, bytes, int]:
        """Type and content of the element at a place, and where the next one starts."""
        kind, size = struct.unpack_from(f"{self.order}II", data, place)
        start = place + 8
        if kind >> 16:  # a short one: length and type share four bytes, and the content has the others
            kind, size, start = kind & 0xFFFF, kind >> 16, place + 4
        if start + size > len(data) or (start == place + 4 and size > 4):
            raise ValueError("it is truncated, or the length of an element is wrong")
        after = start + size + (-(start + size) % 8 if padded else 0)
        return kind, data[start : start + size], after

    def _header(self, content: bytes) -> tuple[str, int, tuple[int, ...], bytes]:
        """Name, flags and lengths of an array, and the elements with its values."""
        _, flags, place = self._element(content, 0)
        _, lengths, place = self._element(content, place)
        _, name, place = self._element(content, place)
        shape = tuple(np.frombuffer(lengths, f"{self.order}i4").tolist())
        if len(shape) < 2 or min(shape) < 0:
            raise ValueError("the shape of an array is not made of lengths")
        return name.decode("latin1"), struct.unpack_from(f"{self.order}I", flags)[0], shape, content[place:]

    def _values(self, flags: int, shape: tuple[int, ...], content: bytes, in_cell: bool = False) -> np.ndarray:
        kind, count = flags & 0xFF, math.prod(shape)
        if kind == CELL and not in_cell:
            return np.array(list(self._cells(content, count)), dtype=object).reshape(shape, order="F")
        if kind == CHARACTERS:
            stored, text, _ = self._element(content, 0)
            return np.array([text.decode(TEXTS[self.order][stored])])
        if kind not in CLASSES or flags & COMPLEX:
            raise ValueError("an array is neither of real numbers nor of texts")
        stored, numbers, _ = self._element(content, 0)
        values = np.frombuffer(numbers, self.order + NUMBERS[stored])
        if len(values) != count:
            raise ValueError(f"an array of shape {shape} can't have {len(values)} numbers")
        return values.astype(CLASSES[kind]).reshape(shape, order="F")

    def _cells(self, content: bytes, count: int) -> Iterator[str]:
        place = 0
        for _ in range(count):
            _, array, place = self._element(content, place)
            _, flags, shape, values = self._header(array)
            text = self._values(flags, shape, values, in_cell=True)
            if text.dtype.kind != "U":
                raise ValueError("a cell holds something else than a text")
            yield str(text[0])
