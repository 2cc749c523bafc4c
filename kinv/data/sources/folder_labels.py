"""The class of every image of a folder: from its sub-folder, or from the WordNet id in its name."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kinv.choices import suggestion

from .decoding import Problem
from .folder_layout import Found, shown, sub_folders
from .imagenet import WORDNET_ID, imagenet_class_names, imagenet_index

IMAGENET_CLASSES = 1000
Labels = tuple[np.ndarray | None, list[str] | None]  # int32 `(N,)`, and the names of all classes


def labels_of(found: Found, names: Sequence[str], classes: int | None, class_names: Sequence[str] | None) -> Labels:
    """Labels and class names, or None for both.

    Args:
        found: what a folder holds.
        names: what its files are called in messages.
        classes: number of the network's classes, if there is a network.
        class_names: their names, which sub-folders are then matched with.

    Raises:
        ValueError: sub-folders that are not the network's classes.
    """
    if found.classes is None:
        return _of_file_names(found, names, classes)
    folders = found.names
    if class_names is not None:
        index = _matched(found.folder, folders, list(class_names))
        return _indices([index[name] for name in found.classes]), list(class_names)
    if classes in (None, IMAGENET_CLASSES) and all(name in imagenet_index() for name in folders):
        return _indices([imagenet_index()[name] for name in found.classes]), imagenet_class_names()
    if classes is not None and classes != len(folders):
        raise ValueError(
            f"{found.folder} has {len(folders)} class folders, such as {', '.join(map(shown, folders[:3]))}, but the "
            f"network has {classes} classes. {_inside(found)}Name its classes, in the order of its outputs: "
            "class_names= (--class-names FILE); or use no labels (kinv screen --no-labels)."
        )
    return _indices([folders.index(name) for name in found.classes]), [shown(name) for name in folders]


def _inside(found: Found) -> str:
    """A hint that the classes may be one folder further down."""
    inside = sub_folders(found.folder)
    if len(inside) != 1 or not sub_folders(inside[0]):
        return ""
    return f"If the {len(sub_folders(inside[0]))} folders inside it are the classes, pass {shown(inside[0])}. "


def _matched(folder: Path, names: list[str], class_names: list[str]) -> dict[str, int]:
    """The index of the class of every folder: of the same name, of one of the names between commas, or of its id."""
    whole, parts = _index(class_names, _plain), _index(class_names, lambda name: [*map(_plain, name.split(","))])

    def match(name):
        if name in class_names:
            return class_names.index(name)
        for index in (whole, parts):
            places = index.get(_plain(name), set())
            if len(places) == 1:
                return next(iter(places))
        return match(imagenet_class_names()[imagenet_index()[name]]) if name in imagenet_index() else None

    found = {name: match(name) for name in names}
    unknown = [shown(name) for name, place in found.items() if place is None]
    if unknown:
        raise ValueError(
            f"{folder} has class folders that the network has no class of: {', '.join(unknown[:5])}. Its classes are "
            f"{', '.join(class_names[:5])}{', ...' if len(class_names) > 5 else ''}: rename one or the "
            f"other{suggestion(unknown[0], class_names) or '.'}"
        )
    return {name: place for name, place in found.items() if place is not None}


def _index(class_names, forms) -> dict[str, set[int]]:
    """The places of the classes that a form of a name may stand for."""
    index: dict[str, set[int]] = {}
    for place, name in enumerate(class_names):
        of = forms(name)
        for form in [of] if isinstance(of, str) else of:
            index.setdefault(form, set()).add(place)
    return index


def _plain(name: str) -> str:
    return name.casefold().replace("_", " ").replace("-", " ").strip()


def _of_file_names(found: Found, names: Sequence[str], classes: int | None) -> Labels:
    ids = [WORDNET_ID.match(file.name) for file in found.files]
    known = [imagenet_index().get(match.group()) if match else None for match in ids]
    missing = [name for name, index in zip(names, known, strict=True) if index is None]
    if not missing and classes in (None, IMAGENET_CLASSES):
        return _indices(known), imagenet_class_names()
    if missing and len(missing) < len(names):
        said = f"{len(missing)} of {len(names)} file names have no WordNet id of ImageNet-1k"
        found.problems.append(Problem(missing[0], said, "the folder is treated as unlabelled"))
    return None, None


def _indices(values) -> np.ndarray:
    return np.asarray(values, "int32")
