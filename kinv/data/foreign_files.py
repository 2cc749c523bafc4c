"""Files that others made: found inside packages, checked against a sha256, and read without running code in them.

Whatever is wrong with a file, its reader raises a `ValueError` of one line that names it.
"""

import hashlib
import importlib.metadata
import zipfile
from pathlib import Path

import numpy as np

from kinv.requirements import not_installed

from .matlab_files import read_matlab
from .numpy_pickles import read_pickled_arrays, read_pickled_npy
from .refusal import EXPANDS, most_expanded, refusing
from .torch_files import TORCH_MAGIC, read_torch_tensors

__all__ = [
    "TORCH_MAGIC",
    "check_sha256",
    "find_in_package",
    "read_matlab",
    "read_npz",
    "read_pickled_arrays",
    "read_pickled_npy",
    "read_torch_tensors",
]


def find_in_package(distribution: str, file_name: str, sha256: str = "") -> Path:
    """The path of a file inside an installed distribution, which is not imported.

    Args:
        distribution: its name.
        file_name: of the file, without folders.
        sha256: of the file, or its first digits; empty: any file is taken.

    Raises:
        FileNotFoundError: the distribution or the file is not installed.
        ValueError: the file is not the one that was pinned.
    """
    try:
        files = importlib.metadata.files(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        raise FileNotFoundError(f"{file_name} is not on this machine: {not_installed(distribution)}.") from None
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


def read_npz(path: Path, *names: str) -> list[np.ndarray]:
    """Arrays by name in an `.npz` file.

    Raises:
        ValueError: not such a file, or not one with these arrays; or they expand to far more than the file has.
    """
    with refusing(path, f"does not hold the arrays {', '.join(names)}"):
        with zipfile.ZipFile(path) as archive:
            members = [archive.getinfo(f"{name}.npy") for name in names]
        if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
            raise ValueError("its arrays are compressed as NumPy never does")
        if sum(member.file_size for member in members) > most_expanded(path.stat().st_size):
            raise ValueError(f"its arrays expand to more than {EXPANDS} times its size")
        with np.load(path, allow_pickle=False) as arrays:
            return [arrays[name] for name in names]
