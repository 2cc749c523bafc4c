"""Finds a data set by name. Only this module defines the package's search order."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from kinv.choices import checked_choice, unknown
from kinv.places import data_folder, keras_folder

from .source import Source
from .sources import digits, folders, photos, prepared, rotated, silhouettes

logger = logging.getLogger("kinv.data")
SPLITS = {  # of the data sets that need no folder
    "mnist": digits.SPLITS,
    "rotated_mnist": rotated.SPLITS,
    "silhouettes": silhouettes.SPLITS,
    "photos": photos.SPLITS,
}


def find(
    name: str,
    split: str | None = None,
    *,
    download: bool = False,
    classes: int | None = None,
    class_names: Sequence[str] | None = None,
) -> Source:
    """The source for a name; its `description` says what was actually found. See `kinv.data.load`.

    Args:
        name, split, download: as in `kinv.data.load`.
        classes: number of classes of the network that the labels of a folder are for.
        class_names: their names, which sub-folders are matched with.
    """
    if name.startswith("tfds:"):
        return _find_prepared(name.removeprefix("tfds:"), split or "test", download)
    if name == "mnist":
        return _find_mnist(split or "test", download)
    if name == "rotated_mnist":
        return rotated.open_rotated(split or "test", [_find_mnist(part, download) for part in digits.SPLITS])
    if name == "silhouettes":
        return _find_silhouettes(split or "test")
    folder = _find_folder(name)
    if folder is not None:
        return folders.open_folder(folder, split or "all", name, classes, class_names)
    if name == "photos":
        return photos.open_photos(split or "all")
    raise FileNotFoundError(_missing(name))


def check_name(name: str, split: str | None = None) -> None:
    """Checks names before anything is opened.

    Raises:
        FileNotFoundError: there is no data set and no folder of this name.
        ValueError: it has no such split.
    """
    if name.startswith("tfds:"):
        return
    in_folder = name not in ("mnist", "rotated_mnist", "silhouettes") and _find_folder(name) is not None
    if not in_folder and name not in SPLITS:
        raise FileNotFoundError(_missing(name))
    if split is not None:
        checked_choice(f"split of {name}", split, folders.SPLITS if in_folder else SPLITS[name])


def _find_folder(name: str) -> Path | None:
    inside = data_folder()
    for folder in (inside / name if inside else None, Path(os.path.expanduser(name))):
        if folder is not None and os.path.isdir(folder):
            return folder
    return None


def _find_mnist(split: str, download: bool) -> Source:
    inside = data_folder()
    if inside and (inside / "mnist.npz").is_file():
        return digits.open_npz(inside / "mnist.npz", split, f"MNIST, mnist.npz of KINV_DATA_DIR ({split})")
    if prepared.prepared_folder("mnist"):
        return _find_prepared("mnist", split, download=False)
    cached = keras_folder() / "datasets" / "mnist.npz"
    if download and not os.path.isfile(cached):
        import keras

        keras.datasets.mnist.load_data()
    if os.path.isfile(cached):
        return digits.open_npz(cached, split, f"MNIST, Keras's copy ({split})")
    source = digits.open_embedded(split)
    logger.warning("mnist: using %s; for all 70,000 set KINV_DATA_DIR or pass download=True", source.description)
    return source


def _find_silhouettes(split: str) -> Source:
    inside = data_folder()
    if inside and (inside / silhouettes.CALTECH).is_file():
        return silhouettes.open_caltech(inside / silhouettes.CALTECH, split)
    source = silhouettes.open_animals(split)
    logger.warning(
        "silhouettes: using %s; for Caltech-101's put %s into KINV_DATA_DIR", source.description, silhouettes.CALTECH
    )
    return source


def _find_prepared(name: str, split: str, download: bool) -> Source:
    source = prepared.open_prepared(name, split, download)
    if source is None:
        raise FileNotFoundError(
            f"The TensorFlow data set {name!r} is not prepared on this machine. Allow the download "
            "(--download, or download=True), or point TFDS_DATA_DIR at the folder that holds it."
        )
    return source


def _missing(name: str) -> str:
    inside = data_folder()
    if inside is None:
        here, where = [], "KINV_DATA_DIR is not set; point it at the folder that holds it"
    else:
        here = sorted(entry.name for entry in inside.iterdir() if entry.is_dir())
        where = f"KINV_DATA_DIR holds {', '.join(here) or 'no folders'}"
    known = dict.fromkeys([*SPLITS, *here])
    return f"{unknown('data set or folder', name, known, ', the path of a folder of images, or tfds:NAME')} {where}."
