"""Any folder of images: a class per sub-folder, WordNet ids in the file names, or no labels at all."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from kinv.choices import checked_choice

from ..source import Source
from .decoding import Size, read_image
from .folder_labels import labels_of
from .folder_layout import SUFFIXES, Found, look_into, shown

SPLITS = ("all", "train", "val", "test")


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
    `train`, `val` and `test` above the classes are the splits; without `test`, `val` is the test split. Where there are
    none, `train` and `test` are the two halves of the files in the order of the sha256 of their names, so that the
    split does not depend on the machine.

    Args:
        folder: the folder.
        split: `"all"`, `"train"`, `"val"` or `"test"`.
        name: what to call it.
        classes: number of the network's classes, if there is a network.
        class_names: their names, which sub-folders are then matched with.

    Raises:
        ValueError: no image in it, an unknown split, or sub-folders that are not the network's classes.
    """
    checked_choice("split", split, SPLITS)
    found = look_into(folder)
    if not found.files:
        held = ", ".join(f"{count} {suffix or 'without suffix'}" for suffix, count in found.others.most_common(3))
        raise ValueError(
            f"{folder} holds no images: expected files ending in {', '.join(sorted(SUFFIXES))}"
            f"{f'; it holds {held}' if held else ''}."
        )
    names = [shown(file.relative_to(folder)) for file in found.files]
    labels, known = labels_of(found, names, classes, class_names)
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


def _split(found: Found, split: str) -> list[int]:
    if split == "all":
        return list(range(len(found.files)))
    if found.splits is not None:
        wanted = "val" if split == "test" and "test" not in found.splits else split
        return [index for index, part in enumerate(found.splits) if part == wanted]
    if split == "val":
        return []
    names = [os.fsencode(file.relative_to(found.folder).as_posix()) for file in found.files]
    order = sorted(range(len(names)), key=lambda index: hashlib.sha256(names[index]).digest())
    half = (len(names) + 1) // 2
    return sorted(order[:half] if split == "train" else order[half:])
