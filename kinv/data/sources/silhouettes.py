"""Silhouettes: Caltech-101's (Marlin et al. 2010) where they are, else the animals inside a package."""

from pathlib import Path

import numpy as np

from kinv.choices import checked_choice

from ..foreign_files import find_in_package, read_matlab, read_pickled_arrays
from ..source import Source, memory_source

CALTECH = "caltech101_silhouettes_28.mat"
ANIMALS = ("Bear", "Bird", "Cat", "Cow", "Dog", "Elephant", "Giraffe", "Horse", "Sheep", "Zebra")
ANIMALS_SHA256 = {
    "animal_data_version_3.gz": "68a30346781a0984f839463a4615d2decb899d1ce65091bb92586311754a34ce",
    "animal_label_version_3.gz": "dec8dba7c469830989fbab46825021a08a38470753a512f27ada847eced97b57",
}
SPLITS = ("train", "test", "all")
HELD_OUT = 0.2  # of every class


def open_caltech(path: Path, split: str, seed: int = 0) -> Source:
    """The 8,671 silhouettes of 101 classes in Marlin's file; the object is white.

    Raises:
        ValueError: the file is something else, or there is no such split.
    """
    images, labels, names = read_matlab(path, "X", "Y", "classnames")
    labels, names = labels.ravel(), names.ravel()
    fits = images.ndim == 2 and images.shape[1] == 28 * 28 and 0 < len(images) == len(labels)
    if not fits or not np.isin(images, (0, 1)).all() or not np.isin(labels, np.arange(1, len(names) + 1)).all():
        raise ValueError(
            f"{path} must hold X (images, 784) of 0 and 1 and as many Y in 1..{len(names)}, received X {images.shape}"
        )
    upright = 1 - images.reshape(-1, 28, 28).transpose(0, 2, 1)  # MATLAB counts down columns; objects are 0 there
    class_names = [str(np.ravel(name)[0]) for name in names]
    origin = f"Caltech-101 Silhouettes, {CALTECH} of KINV_DATA_DIR"
    return _split(
        upright, labels.astype("int32") - 1, class_names, split, seed, origin, "see Caltech-101; Marlin et al. 2010"
    )


def open_animals(split: str, seed: int = 0) -> Source:
    """The animals of 10 classes inside the package animal-mnist, 10,000 less those that come twice; black and white."""
    images, labels = (
        read_pickled_arrays(find_in_package("animal-mnist", name, sha256)) for name, sha256 in ANIMALS_SHA256.items()
    )
    white = (images > 127).astype("uint8")
    _, first = np.unique(white.reshape(len(white), -1), axis=0, return_index=True)
    kept = np.sort(first)  # some are there twice, and would be in both splits
    white, labels = white[kept], labels[kept]
    origin = "the animals inside the package animal-mnist, thresholded, each once"
    return _split(
        white, labels.astype("int32"), list(ANIMALS), split, seed, origin, "animal-mnist: MIT, Sina Mohammadi"
    )


def _split(images, labels, class_names, split, seed, origin, license):
    """A fifth of every class is held out."""
    checked_choice("split of silhouettes", split, SPLITS)
    random = np.random.default_rng(seed)
    held_out = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        held_out[members[: max(1, round(HELD_OUT * len(members)))]] = True
    kept = {"train": ~held_out, "test": held_out, "all": np.ones(len(labels), bool)}[split]
    description = f"{kept.sum():,} of {origin} ({split}), seed {seed}"
    return memory_source("silhouettes", 255 * images[kept][..., None], labels[kept], class_names, description, license)
