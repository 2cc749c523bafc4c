"""Reads NumPy arrays out of untrusted pickles and `.npy` files of one pickled object; NumPy unpickles nothing."""

import functools
import gzip
import io
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .pickle_values import StandIn, read_pickle
from .refusal import EXPANDS, most_expanded, refusing

NUMBERS = re.compile(r"[<>=|]?(f[248]|[iu][1248])")
BYTE_ORDERS = "<>=|"
MOST_DIMENSIONS, LONGEST_DIMENSION = 32, 2**40
DEEPEST = 20  # lists in lists


def read_pickled_arrays(path: Path) -> Any:
    """The nested dicts and lists of NumPy arrays, or the one array, in a pickle, which may be gzipped (`.gz`).

    Raises:
        ValueError: truncated or no pickle, one that could run code, or one that holds other things than numbers.
    """
    with refusing(path, "does not hold pickled arrays"), open(path, "rb") as file:
        return _read(_unzipped(file, path) if path.suffix == ".gz" else file, path)


def read_pickled_npy(path: Path) -> Any:
    """The Python object in an `.npy` file of one object (such as `bvlc_alexnet.npy`): dicts and lists of arrays.

    Raises:
        ValueError: another kind of file, or as in `read_pickled_arrays`.
    """
    with refusing(path, "does not hold one pickled object"), open(path, "rb") as file:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(file)
        if dtype.kind != "O" or shape != ():
            raise ValueError(f"it is an array {shape} of {dtype}")
        (value,) = _read(file, path)
        return value


def _unzipped(file: BinaryIO, path: Path) -> BinaryIO:
    most = most_expanded(path.stat().st_size)
    with gzip.open(file) as zipped:
        content = zipped.read(most + 1)
    if len(content) > most:
        raise ValueError(f"it expands to more than {EXPANDS} times its size")
    return io.BytesIO(content)


def _read(file: BinaryIO, path: Path) -> Any:
    size = file.getbuffer().nbytes if isinstance(file, io.BytesIO) else path.stat().st_size
    make = functools.partial(_Array, _Room(size))
    names = {("numpy", "ndarray"): "ndarray", ("numpy", "dtype"): _Dtype}
    names |= {(f"numpy.{core}.multiarray", "_reconstruct"): make for core in ("core", "_core")}
    return _to_numpy(read_pickle(file, names), set())


def _to_numpy(value: Any, seen: set[int], depth: int = 0) -> Any:
    """Stand-ins become arrays, tuples lists. Lists that come twice could make the result endless."""
    if isinstance(value, _Array):
        if value.items is None:
            return value.array()
        value = value.items
    if isinstance(value, (dict, list, tuple)):
        if id(value) in seen and value:
            raise ValueError("a list or dict comes twice, or holds itself")
        if depth > DEEPEST:
            raise ValueError(f"its lists are nested deeper than {DEEPEST} levels")
        seen.add(id(value))
        if isinstance(value, dict):
            return {key: _to_numpy(entry, seen, depth + 1) for key, entry in value.items()}
        return [_to_numpy(entry, seen, depth + 1) for entry in value]
    if not isinstance(value, (str, int, float, type(None))):
        raise ValueError(f"a {type(value).__name__} is neither an array nor a number")
    return value


@dataclass
class _Room:
    """How many bytes the arrays may still have: all of them together no more than the file."""

    left: int


class _Dtype(StandIn):
    """Stands for a dtype, whose byte order arrives after its name."""

    def __init__(self, name, *_flags):
        self.is_object = name in ("O", "O8")
        if not isinstance(name, str) or not (self.is_object or NUMBERS.fullmatch(name)):
            raise ValueError(
                "only arrays of numbers are allowed" + (f", not {name!r}" if isinstance(name, str) else "")
            )
        self.name = name

    def build(self, state):
        order = state[1]
        if not isinstance(order, str) or order not in tuple(BYTE_ORDERS):
            raise ValueError("the byte order of an array is unknown")
        if not self.is_object:
            self.name = order + self.name.lstrip(BYTE_ORDERS)


class _Array(StandIn):
    """Stands for an array while its parts arrive. Attribute: the list in an array of objects, else None."""

    def __init__(self, room: _Room, *_ignored):
        self.room, self.parts, self.items = room, None, None

    def build(self, state):
        _version, shape, dtype, fortran, data = state
        if not isinstance(dtype, _Dtype) or not isinstance(shape, tuple) or len(shape) > MOST_DIMENSIONS:
            raise ValueError("an array has no dtype or no shape")
        if not all(isinstance(length, int) and 0 <= length < LONGEST_DIMENSION for length in shape):
            raise ValueError("the shape of an array is not made of lengths")
        count = math.prod(shape)
        if dtype.is_object:
            if not isinstance(data, list) or len(data) != count:
                raise ValueError(f"an array of {count} objects holds something else")
            self.items = data
            return
        data = data.encode("latin1") if isinstance(data, str) else data
        numbers = np.dtype(dtype.name)
        if not isinstance(data, bytes) or len(data) != count * numbers.itemsize:
            length = len(data) if isinstance(data, bytes) else "no"
            raise ValueError(f"an array of shape {shape} and type {numbers} can't have {length} bytes")
        self.room.left -= len(data)
        if self.room.left < 0:
            raise ValueError("its arrays share their bytes, and have more than the file")
        self.parts = data, numbers, shape, "F" if fortran else "C"

    def array(self) -> np.ndarray:
        """The array in the machine's byte order."""
        if self.parts is None:
            raise ValueError("an array has no values")
        data, numbers, shape, order = self.parts
        values = np.frombuffer(data, numbers).reshape(shape, order=order)
        return values.astype(numbers.newbyteorder("="), copy=False)
