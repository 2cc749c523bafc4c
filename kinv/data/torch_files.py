"""Reads the tensors in untrusted PyTorch files, without torch and without running anything in them."""

import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .pickle_values import StandIn, read_pickle
from .refusal import refusing

STORAGES = {"FloatStorage": "f4", "DoubleStorage": "f8", "HalfStorage": "f2", "LongStorage": "i8"}
TORCH_MAGIC = 0x1950A86A20F9469CFC6C
TORCH_PROTOCOL = 1001
BYTE_ORDERS = {"little": "<", "big": ">"}
MOST_DIMENSIONS = 32
MOST_BYTES = 2**26  # of the pickle, which holds names and shapes only


def read_torch_tensors(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a PyTorch state dict, in the zip format or in the older one, as NumPy arrays by name.

    They may share memory, as the tensors do, and are not writeable.

    Raises:
        ValueError: truncated or no PyTorch file, one that could run code, or one that holds other things than tensors.
    """
    with refusing(path, "does not hold the tensors of a PyTorch state dict"):
        state = _read_zip(path) if zipfile.is_zipfile(path) else _read_legacy(path)
        if not isinstance(state, dict) or not all(isinstance(value, _Tensor) for value in state.values()):
            raise ValueError("save them with torch.save(model.state_dict(), path)")
        return {name: tensor.to_numpy() for name, tensor in state.items()}


class _Storage:
    """The numbers that tensors are views of."""

    def __init__(self, kind: str, count: int):
        self.kind, self.count = kind, count
        self.values: np.ndarray | None = None

    def size(self) -> int:
        """In bytes."""
        return self.count * np.dtype(self.kind).itemsize

    def fill(self, data: bytes, order: str) -> None:
        if len(data) != self.size():
            raise ValueError(f"a storage of {self.count} numbers can't have {len(data)} bytes: truncated file?")
        values = np.frombuffer(data, order + self.kind)
        self.values = values.astype(values.dtype.newbyteorder("="), copy=False)


class _Tensor(StandIn):
    """Stands for `torch._utils._rebuild_tensor_v2`; becomes an array once the storages are read."""

    def __init__(self, storage, offset, size, stride, *_ignored):
        if not isinstance(storage, _Storage) or not all(isinstance(part, tuple) for part in (size, stride)):
            raise ValueError("a tensor has no storage or no shape")
        if len(size) > MOST_DIMENSIONS or not all(isinstance(value, int) for value in (offset, *size, *stride)):
            raise ValueError("the shape of a tensor is not made of lengths")
        self.storage, self.offset, self.size, self.stride = storage, offset, size, stride

    def to_numpy(self) -> np.ndarray:
        values = self.storage.values
        if values is None:
            raise ValueError("the numbers of a tensor are missing")
        last = self.offset + sum((size - 1) * step for size, step in zip(self.size, self.stride, strict=True))
        empty = 0 in self.size
        if min((self.offset, *self.size, *self.stride)) < 0 or (not empty and last >= values.size):
            raise ValueError(f"a tensor of shape {self.size} and strides {self.stride} lies outside its storage")
        if empty:
            return np.empty(self.size, values.dtype)
        if math.prod(self.size) > values.size:
            raise ValueError(f"a tensor of shape {self.size} has more numbers than its storage, {values.size}")
        strides = [step * values.itemsize for step in self.stride]
        return np.lib.stride_tricks.as_strided(values[self.offset :], self.size, strides, writeable=False)


class _Storages(dict[str, _Storage]):
    """The storages that a pickle names, by key."""

    def add(self, pid: Any) -> _Storage:
        """The storage of a persistent id: `("storage", type, key, device, count)`."""
        if (
            not isinstance(pid, tuple)
            or len(pid) < 5
            or pid[0] != "storage"
            or any(part is not None for part in pid[5:])
        ):
            raise ValueError("only whole storages are allowed")
        kind, key, count = pid[1], pid[2], pid[4]
        if kind not in STORAGES.values() or not isinstance(key, str) or not isinstance(count, int) or count < 0:
            raise ValueError("a storage has no type, key or length that is known")
        storage = self.setdefault(key, _Storage(kind, count))
        if (storage.kind, storage.count) != (kind, count):
            raise ValueError(f"the storage {key!r} comes with two types or lengths")
        return storage

    def check_size(self, most: int) -> None:
        """Refuses storages that have more bytes than the file."""
        claimed = sum(storage.size() for storage in self.values())
        if claimed > most:
            raise ValueError(f"its tensors need {claimed:,} bytes, the file has {most:,}: truncated file?")


def _no_pairs(*pairs: Any) -> dict[str, Any]:
    """Stands for `collections.OrderedDict`, which is pickled empty and filled afterwards."""
    if pairs:
        raise ValueError("a dict is not filled item by item")
    return {}


def _read_state(file: BinaryIO, persistent: Callable[[Any], Any] | None = None) -> Any:
    names: dict[tuple[str, str], Any] = {("torch", name): kind for name, kind in STORAGES.items()}
    names |= {("collections", "OrderedDict"): _no_pairs, ("torch._utils", "_rebuild_tensor_v2"): _Tensor}
    return read_pickle(file, names, persistent)


def _read_zip(path: Path) -> Any:
    storages = _Storages()
    with zipfile.ZipFile(path) as archive:
        members = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(members) != 1:
            raise ValueError("it is another kind of zip file than torch.save writes")
        folder = members[0].removesuffix("data.pkl")
        with archive.open(_plain(archive, members[0])) as file:
            state = _read_state(file, storages.add)  # type: ignore[arg-type]
        storages.check_size(path.stat().st_size)
        order = "little"
        if f"{folder}byteorder" in archive.namelist():
            order = archive.read(_plain(archive, f"{folder}byteorder", most=len(order))).decode()
        for key, storage in storages.items():
            member = _plain(archive, f"{folder}data/{key}", most=storage.size())
            storage.fill(archive.read(member), BYTE_ORDERS[order])
    return state


def _plain(archive: zipfile.ZipFile, name: str, most: int = MOST_BYTES) -> zipfile.ZipInfo:
    """A member that is stored as torch stores it: not compressed, and no larger than it can be."""
    member = archive.getinfo(name)
    if member.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is compressed, which torch.save never does")
    if member.file_size > most:
        raise ValueError(f"{name} has {member.file_size:,} bytes, more than the {most:,} that are expected")
    return member


def _read_legacy(path: Path) -> Any:
    storages = _Storages()
    with open(path, "rb") as file:
        magic, protocol, system = (_read_state(file) for _ in range(3))
        if magic != TORCH_MAGIC or protocol != TORCH_PROTOCOL or not isinstance(system, dict):
            raise ValueError("it is another kind of file than torch.save writes")
        order = BYTE_ORDERS["little" if system["little_endian"] is True else "big"]
        state = _read_state(file, storages.add)
        storages.check_size(path.stat().st_size)
        keys = _read_state(file)
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys) or set(keys) != set(storages):
            raise ValueError("its storages are not the ones that its tensors are views of")
        for key in keys:
            storage = storages[key]
            count = int.from_bytes(file.read(8), "little")
            if count != storage.count:
                raise ValueError(f"a storage holds {count} numbers, its tensors need {storage.count}")
            storage.fill(file.read(storage.size()), order)
    return state
