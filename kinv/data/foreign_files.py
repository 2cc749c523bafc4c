"""Reads arrays from untrusted pickles and PyTorch files without running any code in them.

A pickle can call any function. The unpickler here knows only stand-ins for the few names that arrays and tensors
need; every other name is refused. Nothing of NumPy or torch is called before shape, type and length agree.
"""

import gzip
import hashlib
import importlib.metadata
import math
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

NUMERIC_KINDS = "fiu"
TORCH_STORAGES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8"}
TORCH_MAGIC = 0x1950A86A20F9469CFC6C
TORCH_PROTOCOL = 1001


def find_in_package(distribution: str, file_name: str, sha256: str) -> Path:
    """The path of a file inside an installed distribution, which is not imported.

    Raises:
        FileNotFoundError: the distribution or the file is not installed.
        ValueError: the file is not the one that was pinned.
    """
    try:
        files = importlib.metadata.files(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        raise FileNotFoundError(
            f"The package {distribution!r} is not installed: `pip install {distribution}`."
        ) from None
    for file in files:
        path = Path(str(file.locate()))
        if file.name == file_name and path.is_file():
            check_sha256(path, sha256)
            return path
    raise FileNotFoundError(f"The package {distribution!r} has no file {file_name!r}: reinstall it.")


def check_sha256(path: Path, expected: str) -> None:
    """Raises `ValueError` unless the file's sha256 starts with `expected` (hexadecimal digits)."""
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(expected):
        raise ValueError(
            f"{path} must have the sha256 {expected}, received {found}. "
            "It is damaged or another version, and was not read: get it again."
        )


def read_pickled_arrays(path: Path) -> Any:
    """The nested dicts and lists of NumPy arrays, or the one array, in a pickle, which may be gzipped (`.gz`)."""
    with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
        return _to_numpy(_load_pickle(_ArrayUnpickler(file, encoding="latin1"), path))  # type: ignore[arg-type]


def read_pickled_npy(path: Path) -> Any:
    """The Python object in an `.npy` file of one object (such as `bvlc_alexnet.npy`): dicts and lists of arrays."""
    with open(path, "rb") as file:
        try:
            version = np.lib.format.read_magic(file)
            read_header = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}[version[0]]
            shape, _, dtype = read_header(file)
        except (ValueError, KeyError) as error:
            raise ValueError(f"{path} is not an .npy file: {error}") from None
        if dtype.kind != "O" or shape != ():
            raise ValueError(f"{path} must hold one pickled object, received an array {shape} of {dtype}.")
        loaded = _to_numpy(_load_pickle(_ArrayUnpickler(file, encoding="latin1"), path))
    return loaded[0]


def read_matlab(path: Path, *names: str) -> list[np.ndarray]:
    """Arrays by name in a MATLAB file.

    Raises:
        ValueError: no such file, or not one with these arrays.
    """
    from scipy.io import loadmat

    try:
        content = loadmat(path, variable_names=names)
        return [content[name] for name in names]
    except Exception as error:  # SciPy's readers raise exceptions of any type on damaged files
        raise ValueError(f"{path} is not a MATLAB file with {', '.join(names)}: {error}") from None


def read_torch_tensors(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a PyTorch state dict, in the zip format or in the older one, as NumPy arrays by name."""
    if zipfile.is_zipfile(path):
        state = _read_torch_zip(path)
    else:
        state = _read_torch_legacy(path)
    if not isinstance(state, dict) or not all(isinstance(value, _Tensor) for value in state.values()):
        raise ValueError(
            f"{path} must hold a state dict of tensors: save it with torch.save(model.state_dict(), path)."
        )
    return {name: tensor.to_numpy() for name, tensor in state.items()}


def _load_pickle(unpickler: pickle.Unpickler, path: Path) -> Any:
    try:
        return unpickler.load()
    except (EOFError, IndexError, KeyError, AttributeError, TypeError, MemoryError, pickle.UnpicklingError) as error:
        raise ValueError(f"{path} can't be read as weights: {error}") from None


# === NumPy pickles ===


class _Array:
    """Stands in for an ndarray while it is unpickled; becomes one only after its parts agree."""

    def __init__(self, *_ignored):
        self.value: Any = None

    def __setstate__(self, state):
        _version, shape, dtype, fortran, data = state
        if dtype == "object":
            self.value = data
            return
        data = data.encode("latin1") if isinstance(data, str) else data
        if len(data) != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"an array of shape {shape} and type {dtype} can't have {len(data)} bytes")
        self.value = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


class _Dtype:
    """Stands in for a dtype, whose byte order arrives after its name."""

    def __new__(cls, name, *_flags):
        if name in ("O8", "O"):
            return _ObjectDtype("object")
        if np.dtype(name).kind not in NUMERIC_KINDS:
            raise pickle.UnpicklingError(f"arrays of type {name!r} are not allowed")
        return np.dtype(name)


class _ObjectDtype(str):
    def __setstate__(self, state):
        pass


class _ArrayUnpickler(pickle.Unpickler):
    STAND_INS = {
        ("numpy.core.multiarray", "_reconstruct"): _Array,
        ("numpy._core.multiarray", "_reconstruct"): _Array,
        ("numpy", "ndarray"): _Array,
        ("numpy", "dtype"): _Dtype,
    }

    def find_class(self, module, name):
        try:
            return self.STAND_INS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"the name {module}.{name} is not allowed in a file of weights") from None

    def persistent_load(self, pid):
        raise pickle.UnpicklingError("persistent ids are not allowed in a file of weights")


def _to_numpy(value: Any) -> Any:
    if isinstance(value, _Array):
        return _to_numpy(value.value)
    if isinstance(value, dict):
        return {key: _to_numpy(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_numpy(entry) for entry in value]
    return value


# === PyTorch files ===


class _Storage:
    def __init__(self, dtype: str, numel: int):
        self.dtype, self.numel, self.values = np.dtype(dtype), numel, np.empty(0)

    def fill(self, data: bytes) -> None:
        if len(data) != self.numel * self.dtype.itemsize:
            raise ValueError(f"a storage of {self.numel} {self.dtype} can't have {len(data)} bytes: truncated file?")
        self.values = np.frombuffer(data, self.dtype)


class _Tensor:
    """Stands in for `torch._utils._rebuild_tensor_v2`; becomes an array once the storages are read."""

    def __init__(self, storage, offset, size, stride, *_ignored):
        self.storage, self.offset, self.size, self.stride = storage, offset, size, stride

    def to_numpy(self) -> np.ndarray:
        if 0 in self.size:
            return np.empty(self.size, self.storage.dtype)
        last = self.offset + sum((size - 1) * step for size, step in zip(self.size, self.stride, strict=True))
        if min((self.offset, *self.size, *self.stride)) < 0 or last >= self.storage.values.size:
            raise ValueError(f"a tensor of shape {self.size} and strides {self.stride} lies outside its storage")
        strides = [step * self.storage.dtype.itemsize for step in self.stride]
        view = np.lib.stride_tricks.as_strided(self.storage.values[self.offset :], self.size, strides)
        return view.copy()


class _TorchUnpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO, storages: dict[str, _Storage]):
        super().__init__(file, encoding="latin1")
        self.storages = storages

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if module == "torch" and name in TORCH_STORAGES:
            return TORCH_STORAGES[name]
        raise pickle.UnpicklingError(f"the name {module}.{name} is not allowed in a file of weights")

    def persistent_load(self, pid):
        kind, dtype, key, _location, numel = pid[:5]
        if kind != "storage" or (len(pid) > 5 and pid[5] is not None):
            raise pickle.UnpicklingError(f"only whole storages are allowed, received {pid!r}")
        return self.storages.setdefault(key, _Storage(dtype, numel))


def _read_torch_zip(path: Path) -> Any:
    storages: dict[str, _Storage] = {}
    with zipfile.ZipFile(path) as archive:
        members = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(members) != 1:
            raise ValueError(f"{path} must be a file that torch.save wrote, received another kind of zip file.")
        with archive.open(members[0]) as file:
            state = _load_pickle(_TorchUnpickler(file, storages), path)  # type: ignore[arg-type]
        folder = members[0].removesuffix("data.pkl")
        for key, storage in storages.items():
            storage.fill(archive.read(f"{folder}data/{key}"))
    return state


def _read_torch_legacy(path: Path) -> Any:
    storages: dict[str, _Storage] = {}
    with open(path, "rb") as file:
        magic, protocol, system = (_load_pickle(_TorchUnpickler(file, {}), path) for _ in range(3))
        if magic != TORCH_MAGIC or protocol != TORCH_PROTOCOL or not system["little_endian"]:
            raise ValueError(f"{path} is not a PyTorch file that kinv can read: save it again with torch.save.")
        state = _load_pickle(_TorchUnpickler(file, storages), path)
        for key in _load_pickle(_TorchUnpickler(file, {}), path):
            storage = storages[key]
            numel = int.from_bytes(file.read(8), "little")
            if numel != storage.numel:
                raise ValueError(f"{path}: a storage holds {numel} values, expected {storage.numel}")
            storage.fill(file.read(numel * storage.dtype.itemsize))
    return state
