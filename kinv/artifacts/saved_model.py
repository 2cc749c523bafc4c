"""An artifact's TensorFlow SavedModel, for programs without kinv."""

import contextlib
import errno
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kinv.quiet import silent

from .atomic import placed
from .registry import classify, endpoints


def export_saved_model(model: Any, folder: str | os.PathLike, classifiers: Mapping[str, Any] | None = None) -> Path:
    """Writes a TensorFlow SavedModel with the model's named endpoints, for programs without kinv.

    Args:
        model: one of kinv's models or classifiers.
        folder: destination; it must not exist, or be empty.
        classifiers: additional endpoints by name, as in `save`.

    Returns:
        The folder.

    Raises:
        ValueError: the folder already exists and is not empty.
        OSError: the disk is full, or can't be written to for another reason.
    """
    import keras

    archive = keras.export.ExportArchive()  # tracks what endpoints use; to track models would write it twice, and more
    answers = {**endpoints(model), **{name: classify(network) for name, network in (classifiers or {}).items()}}
    for name, (function, signature) in answers.items():
        archive.add_endpoint(name, function, input_signature=signature)
    with placed(Path(folder), check_new) as draft, _as_oserror(draft), silent("tensorflow"):
        archive.write_out(str(draft), verbose=False)
    return Path(folder)


@contextlib.contextmanager
def _as_oserror(folder: Path) -> Iterator[None]:
    """Turns TensorFlow's errors of a full or closed disk, which are long, into what Python raises for them."""
    import tensorflow as tf

    try:
        yield
    except tf.errors.OpError as error:
        number = next((number for number in errno.errorcode if os.strerror(number) in error.message), None)
        if number is None:
            raise
        raise OSError(number, os.strerror(number), str(folder)) from error


def check_new(folder: Path) -> None:
    """Refuses a folder that already holds something.

    Raises:
        ValueError: the folder exists and is not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} already exists and is not empty: choose another folder.")
