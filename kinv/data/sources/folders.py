"""Any folder of images: a class per sub-folder, WordNet ids in the file names, or no labels at all."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kinv.choices import checked_choice, suggestion

from ..source import Source
from .decoding import Problem, Size, read_image
from .imagenet import WORDNET_ID, imagenet_class_names, imagenet_index

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}
SPLITS = ("all", "train", "test")
SPLIT_FOLDERS = {  # what folders above the classes are called, and the split that each is
    "train": "train", "training": "train", "test": "test", "testing": "test",
    "val": "test", "valid": "test", "validation": "test",
}  # fmt: skip
IMAGENET_CLASSES = 1000


@dataclass
class Found:
    """What a folder holds.

    Attributes:
        folder: the folder.
        files: image files, sorted.
        classes: the folder of each file's class, or None where files are not in class folders.
        names: all class folders, empty ones too, in order; empty where there are none.
        splits: `"train"` or `"test"` for each file, if folders above the classes say so.
        problems: what was left out.
    """

    folder: Path
    files: list[Path]
    classes: list[str] | None = None
    names: list[str] = field(default_factory=list)
    splits: list[str] | None = None
    problems: list[Problem] = field(default_factory=list)


def open_folder(
    folder: Path,
    split: str = "all",
    name: str | None = None,
    classes: int | None = None,
    class_names: Sequence[str] | None = None,
) -> Source:
    """A folder of images as a source.

    Labels come from sub-folders, else from WordNet ids at the start of the file names, else there are none. Every
    sub-folder counts as a class, an empty one too, and links to folders are followed. Sub-folders with WordNet ids are
    ImageNet's indices if the network has 1,000 classes; others are numbered in the order of their names.
    `train`, `val` and `test` above the classes are the splits. Otherwise `train` and `test` are the two halves of the
    files in the order of the sha256 of their names, so that the split does not depend on the machine.

    Args:
        folder: the folder.
        split: `"all"`, `"train"` or `"test"`.
        name: what to call it.
        classes: number of the network's classes, if there is a network.
        class_names: their names, which sub-folders are then matched with.

    Raises:
        ValueError: no image in it, an unknown split, or sub-folders that are not the network's classes.
    """
    checked_choice("split", split, SPLITS)
    found = _look_into(folder)
    if not found.files:
        raise ValueError(f"{folder} holds no images: expected files ending in {', '.join(sorted(SUFFIXES))}.")
    names = [_shown(file.relative_to(folder)) for file in found.files]
    labels, known = _labels(folder, found, names, classes, class_names)
    kept = _split(found, split)
    if not kept:
        raise ValueError(f"{folder} holds no image of the split {split!r}, {len(names)} in all. Pass split='all'.")
    chosen = [(found.files[index], names[index]) for index in kept]

    def read(index: int, size: Size | None):
        return read_image(chosen[index][0], size, name=chosen[index][1])

    return Source(
        name=name or str(folder),
        description=f"{len(chosen)} images in {name or folder.name} ({split})",
        license="the user's own files",
        count=len(chosen),
        read=read,
        labels=None if labels is None else labels[kept],
        class_names=known,
        problems=tuple(found.problems),
    )


def _shown(path: Path) -> str:
    """A path that can be printed, whatever bytes its name has."""
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")


# === What is there ===


def _look_into(folder: Path) -> Found:
    problems: list[Problem] = []
    top = _folders(folder)
    if top and all(entry.name.lower() in SPLIT_FOLDERS and _folders(entry) for entry in top):
        parts = [(SPLIT_FOLDERS[entry.name.lower()], entry) for entry in top]
    else:
        parts = [("", folder)]
    files: list[tuple[Path, str, str]] = []
    names: set[str] = set()
    for part, parent in parts:
        for entry in _folders(parent):
            names.add(entry.name)
            files += [(file, entry.name, part) for file in _image_files(folder, entry, problems)]
    loose = [file for _, parent in parts for file in _image_files(folder, parent, problems, deep=False)]
    loose += [] if parts[0][0] == "" else _image_files(folder, folder, problems, deep=False)
    if len(loose) > len(files):  # the sub-folders are something else than classes
        return Found(folder, sorted([*loose, *(file for file, _, _ in files)]), problems=problems)
    if loose:
        action = "skipped" if len(loose) == 1 else f"skipped, and {len(loose) - 1} more"
        problems.append(Problem(_shown(loose[0].relative_to(folder)), "beside the class folders", action))
    ids = {name for name in names if name in imagenet_index()}
    if len(ids) > len(names) / 2:
        for other in sorted(names - ids):
            problems.append(Problem(_shown(Path(other)), "no WordNet id of ImageNet-1k, as the others are", "skipped"))
        names, files = ids, [entry for entry in files if entry[1] in ids]
    files.sort()
    splits = [part for _, _, part in files] if parts[0][0] else None
    images, classes, _ = zip(*files, strict=True) if files else ((), (), ())
    return Found(folder, list(images), list(classes), sorted(names), splits, problems)


def _folders(folder: Path) -> list[Path]:
    """Sub-folders and links to folders, sorted; hidden ones and those of other programs are left out."""
    try:
        return sorted(entry for entry in folder.iterdir() if entry.name[0] not in "._" and entry.is_dir())
    except OSError:  # reported where its images are looked for
        return []


def _image_files(top: Path, folder: Path, problems: list[Problem], deep: bool = True) -> list[Path]:
    """Image files, sorted. Links to folders are followed, but not in a circle."""
    found, visited = [], set()

    def visit(folder):
        real = os.path.realpath(folder)
        if real in visited:
            problems.append(Problem(_shown(folder.relative_to(top)), "a link to a folder that was seen", "skipped"))
            return
        visited.add(real)
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            problems.append(Problem(_shown(folder.relative_to(top)), f"can't be listed ({error.strerror})", "skipped"))
            return
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                if deep:
                    visit(entry)
            elif entry.suffix.lower() in SUFFIXES:
                found.append(entry)

    visit(folder)
    return found


# === Labels ===


def _labels(
    folder: Path, found: Found, shown: list[str], classes: int | None, class_names: Sequence[str] | None
) -> tuple[np.ndarray | None, list[str] | None]:
    if found.classes is None:
        return _labels_of_file_names(found, shown, classes)
    names = found.names
    if class_names is not None:
        index = _matched(folder, names, list(class_names))
        return _indices([index[name] for name in found.classes]), list(class_names)
    if classes in (None, IMAGENET_CLASSES) and all(name in imagenet_index() for name in names):
        return _indices([imagenet_index()[name] for name in found.classes]), imagenet_class_names()
    if classes is not None and classes != len(names):
        raise ValueError(
            f"{folder} has {len(names)} class folders, such as {', '.join(map(_shown, map(Path, names[:3])))}, but the "
            f"network has {classes} classes. Name its classes, in the order of its outputs: class_names= "
            "(--class-names FILE); or use no labels (--no-labels)."
        )
    return _indices([names.index(name) for name in found.classes]), names


def _matched(folder: Path, names: list[str], class_names: list[str]) -> dict[str, int]:
    """The index of the class of every folder."""

    def plain(name):
        return name.casefold().replace("_", " ").replace("-", " ").strip()

    index = {plain(name): place for place, name in enumerate(class_names)}
    unknown = [name for name in names if plain(name) not in index]
    if unknown:
        raise ValueError(
            f"{folder} has class folders that the network has no class of: {', '.join(unknown[:5])}. Its classes are "
            f"{', '.join(class_names[:5])}{', ...' if len(class_names) > 5 else ''}: rename one or the other"
            f"{suggestion(unknown[0], class_names) or '.'}"
        )
    return {name: index[plain(name)] for name in names}


def _labels_of_file_names(
    found: Found, shown: list[str], classes: int | None
) -> tuple[np.ndarray | None, list[str] | None]:
    ids = [WORDNET_ID.match(file.name) for file in found.files]
    known = [imagenet_index().get(match.group()) if match else None for match in ids]
    missing = [name for name, index in zip(shown, known, strict=True) if index is None]
    if not missing and classes in (None, IMAGENET_CLASSES):
        return _indices(known), imagenet_class_names()
    if missing and len(missing) < len(shown):
        said = f"{len(missing)} of {len(shown)} file names have no WordNet id of ImageNet-1k"
        found.problems.append(Problem(missing[0], said, "the folder is treated as unlabelled"))
    return None, None


def _indices(values) -> np.ndarray:
    return np.asarray(values, "int32")


def _split(found: Found, split: str) -> list[int]:
    if split == "all":
        return list(range(len(found.files)))
    if found.splits is not None:
        return [index for index, part in enumerate(found.splits) if part == split]
    names = [os.fsencode(file.relative_to(found.folder).as_posix()) for file in found.files]
    order = sorted(range(len(names)), key=lambda index: hashlib.sha256(names[index]).digest())
    half = (len(names) + 1) // 2
    return sorted(order[:half] if split == "train" else order[half:])
