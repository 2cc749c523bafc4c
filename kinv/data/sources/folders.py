"""Any folder of images: a class per sub-folder, WordNet ids in the file names, or no labels at all."""

import hashlib
import os
from pathlib import Path

import numpy as np

from ..source import Source
from .decoding import Problem, read_image
from .imagenet import WORDNET_ID, imagenet_class_names, imagenet_index

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}
SPLITS = ("all", "train", "test")


def open_folder(folder: Path, split: str = "all", name: str | None = None) -> Source:
    """A folder of images as a source.

    Labels come from sub-folders (sorted by name; WordNet ids become ImageNet's indices), else from WordNet ids at
    the start of the file names, else there are none. `train` and `test` are the two halves of the files in the
    order of the sha256 of their names, so the split does not depend on the machine.

    Raises:
        ValueError: no image in it, or an unknown split.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {SPLITS}, received {split!r}")
    files = _image_files(folder)
    if not files:
        raise ValueError(f"{folder} holds no images: expected files ending in {', '.join(sorted(SUFFIXES))}.")
    names = [file.relative_to(folder).as_posix() for file in files]
    labels, class_names, problems = _labels(names)
    kept = _split(names, split)
    if not kept:
        raise ValueError(f"{folder} holds {len(files)} image: too few for the split {split!r}. Pass split='all'.")
    chosen = [files[index] for index in kept]

    def read(index: int, size: int | None):
        return read_image(chosen[index], size, name=chosen[index].relative_to(folder).as_posix())

    return Source(
        name=name or str(folder),
        description=f"{len(chosen)} images in {name or folder.name} ({split})",
        license="the user's own files",
        count=len(chosen),
        read=read,
        labels=None if labels is None else labels[kept],
        class_names=class_names,
        problems=tuple(problems),
    )


def _image_files(folder: Path) -> list[Path]:
    found = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(entry for entry in folders if not entry.startswith("."))
        found += [Path(parent, file) for file in files if Path(file).suffix.lower() in SUFFIXES and file[0] != "."]
    return sorted(found)


def _labels(names: list[str]) -> tuple[np.ndarray | None, list[str] | None, list[Problem]]:
    if all("/" in name for name in names):
        folders = [name.split("/")[0] for name in names]
        if all(folder in imagenet_index() for folder in folders):
            return _indices([imagenet_index()[folder] for folder in folders]), imagenet_class_names(), []
        classes = sorted(set(folders))
        return _indices([classes.index(folder) for folder in folders]), classes, []
    ids = [WORDNET_ID.match(name.split("/")[-1]) for name in names]
    known = [imagenet_index().get(match.group()) if match else None for match in ids]
    missing = [name for name, index in zip(names, known, strict=True) if index is None]
    if not missing:
        return _indices(known), imagenet_class_names(), []
    if len(missing) == len(names):
        return None, None, []
    found = f"{len(missing)} of {len(names)} file names have no WordNet id of ImageNet-1k"
    return None, None, [Problem(missing[0], found, "the folder is treated as unlabelled")]


def _indices(values) -> np.ndarray:
    return np.asarray(values, "int32")


def _split(names: list[str], split: str) -> list[int]:
    if split == "all":
        return list(range(len(names)))
    order = sorted(range(len(names)), key=lambda index: hashlib.sha256(names[index].encode()).digest())
    half = (len(names) + 1) // 2
    return sorted(order[:half] if split == "train" else order[half:])
