"""Reads the models of other people's `.keras` files; what goes wrong is said in one sentence."""

import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

FILE_SUFFIXES = (".keras", ".h5", ".hdf5")


def is_path(name: str) -> bool:
    """Whether this is the path of a file, as far as can be told from it and from what there is."""
    return Path(name).suffix in FILE_SUFFIXES or Path(name).exists() or os.sep in name


def read(path: Path, allow_unsafe: bool = False, custom_objects: Mapping[str, Any] | None = None) -> keras.Model:
    """The model of a `.keras` file; every failure is an error of one sentence that names the file."""
    if not path.exists():
        raise FileNotFoundError(f"There is no file {path}: check the path.")
    if path.is_dir() or not zipfile.is_zipfile(path):
        found = "a folder" if path.is_dir() else "HDF5" if path.read_bytes()[:4] == b"\x89HDF" else "no zip archive"
        raise ValueError(f"{path} is {found}, expected a .keras file: save the model with model.save('name.keras').")
    with tempfile.TemporaryDirectory() as folder:  # Keras goes by the suffix
        named = path if path.suffix == ".keras" else Path(folder, "model.keras")
        if named != path:
            shutil.copyfile(path, named)
        try:
            return keras.saving.load_model(
                named, custom_objects=custom_objects and dict(custom_objects), compile=False, safe_mode=not allow_unsafe
            )
        except Exception as error:  # Keras raises nothing narrower
            raise ValueError(f"{path} can't be read as a Keras model: {_reason(error, allow_unsafe)}") from error


def _reason(error: Exception, allow_unsafe: bool) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    if not allow_unsafe and "ambda" in said:
        return (
            "it holds a Lambda layer, which can run any code. If you trust the file, pass allow_unsafe=True "
            "(--allow-unsafe); better, replace the Lambda by layers or keras.ops."
        )
    if "register_keras_serializable" in said or "Could not locate" in said:
        return f"{_shortened(said)} Import the module that defines the class first, or pass custom_objects=."
    return f"{_shortened(said)} Save the model again with this version of Keras ({keras.__version__})."


def _shortened(text: str, most: int = 200) -> str:
    text = text if len(text) <= most else text[: most - 4].rsplit(" ", 1)[0] + " ..."
    return text if text.endswith(".") else f"{text}."
