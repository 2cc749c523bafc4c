"""Reads the models of other people's `.keras` files; what goes wrong is said in one sentence."""

import contextlib
import io
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras

from kinv.data.hdf5_files import count_numbers
from kinv.data.refusal import EXPANDS, most_expanded, reason, refusing
from kinv.surgery.deferred import from_saved_config, give_values, largest_output, without_values

from .building_steps import check_steps

FILE_SUFFIXES = (".keras", ".h5", ".hdf5")
CONFIG, WEIGHTS = "config.json", "model.weights.h5"  # members of a .keras file
MOST_OUTPUT = 2**28  # numbers that a layer makes of one image: 1 GiB
UNSAVED = 1_000_000  # numbers that a network may have without any in its file, as of metrics


def is_path(name: str) -> bool:
    """Whether this is the path of a file, as far as can be told from it and from what there is."""
    return Path(name).suffix in FILE_SUFFIXES or Path(name).exists() or os.sep in name


def read(path: Path, allow_unsafe: bool = False, custom_objects: Mapping[str, Any] | None = None) -> keras.Model:
    """The model of a `.keras` file, not compiled; every failure is an error of one sentence that names the file.

    Sizes are checked before anything is unpacked, and the network's weights are counted before it is built.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: anything else.
    """
    if not path.exists():
        raise FileNotFoundError(f"There is no file {path}: check the path.")
    if not path.is_file() or not zipfile.is_zipfile(path):
        raise ValueError(
            f"{path} is {_kind(path)}, expected a .keras file: save the model with model.save('name.keras')."
        )
    with refusing(path, "does not hold a Keras model"):
        config, weights = _members(path)
        most = count_numbers(weights) + UNSAVED
    with _explaining(path, allow_unsafe):
        model, pending = without_values(lambda: from_saved_config(config, custom_objects, not allow_unsafe), most)
    if not isinstance(model, keras.Model):
        raise ValueError(f"{path} must hold a Keras model, received a {type(model).__name__}.")
    if largest_output(model) > MOST_OUTPUT:
        raise ValueError(
            f"{path} holds a network with {largest_output(model):,} numbers in a layer for one image: "
            f"at most {MOST_OUTPUT:,} are allowed, such as of smaller images."
        )
    with _explaining(path, allow_unsafe):
        give_values(pending)
        model.load_weights(weights)
    return model


def _kind(path: Path) -> str:
    if not path.is_file():
        return "a folder" if path.is_dir() else "no regular file"
    with open(path, "rb") as file:
        start = file.read(4)
    return "HDF5" if start == b"\x89HDF" else "no zip archive, or truncated" if start else "empty"


def _members(path: Path) -> tuple[dict[str, Any], "_WeightsFile"]:
    """Configuration and weights. Python reads no more of a member than the archive says it has."""
    with zipfile.ZipFile(path) as archive:
        missing = [name for name in (CONFIG, WEIGHTS) if name not in archive.namelist()]
        if missing:
            raise ValueError(f"it lacks {' and '.join(missing)}")
        members = archive.getinfo(CONFIG), archive.getinfo(WEIGHTS)
        if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
            raise ValueError("it is compressed as Keras never does")
        if sum(member.file_size for member in members) > most_expanded(path.stat().st_size):
            raise ValueError(f"it expands to more than {EXPANDS} times its size")
        config, weights = map(archive.read, members)
    described = json.loads(config)
    if not isinstance(described, dict):
        raise ValueError(f"{CONFIG} describes no model")
    check_steps(described)
    return described, _WeightsFile(weights)


class _WeightsFile(io.BytesIO):
    """A file in memory with a name, which Keras goes by."""

    def __str__(self):
        return WEIGHTS


@contextlib.contextmanager
def _explaining(path: Path, allow_unsafe: bool) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # Keras raises nothing narrower
        raise ValueError(f"{path} can't be read as a Keras model: {_advice(error, allow_unsafe)}") from error


def _advice(error: Exception, allow_unsafe: bool) -> str:
    said = " ".join(str(error).split())
    if not allow_unsafe and ("ambda" in said or "safe_mode" in said):
        what = (
            "a Lambda layer, which can run any code" if "ambda" in said else "a layer that may read files or run code"
        )
        return (
            f"it holds {what}. If you trust the file, pass allow_unsafe=True "
            "(--allow-unsafe); better, replace it by other layers or keras.ops."
        )
    unknown, cause = "Could not locate", "Exception encountered: "  # at the end of Keras's long texts
    told = unknown + said.partition(unknown)[2] if unknown in said else said.rpartition(cause)[2]
    short = reason(told or error)
    short = short if short.endswith(".") else f"{short}."
    if "register_keras_serializable" in said or unknown in said:
        return f"{short} Import the module that defines the class first, or pass custom_objects=."
    return f"{short} Save the model again with this version of Keras ({keras.__version__})."
