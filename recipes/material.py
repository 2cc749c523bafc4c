"""The network and the pictures of a recipe: what was asked for, else what is on this machine, said in one line."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

AUTOMATIC = ("imagenet_samples", "tfds:imagenet_v2", "photos")
FULL = {"mnist": 60_000, "rotated_mnist": 12_000, "silhouettes": 6_936}  # pictures to train with
Found = TypeVar("Found")


@dataclass(frozen=True)
class Labelled:
    """Pictures `(N, H, W, C)` in 0..255, an array or like one, with labels `(N,)`, and where they come from."""

    images: Any
    labels: np.ndarray
    source: Any


def load_classifier(name: str, fallback: str, download: bool) -> Any:
    """The classifier, or the fallback with one clear line, where its weights are not on this machine."""
    from kinv import classifiers

    try:
        return classifiers.load(name, download=download)
    except FileNotFoundError as error:
        print(f"{error} Using {fallback} instead.", flush=True)
        return classifiers.load(fallback)


def load_digits(config: Any) -> tuple[Labelled, Labelled]:
    """Digits or silhouettes to train with and to test with, as `config.data`, `.download` and `.limit` ask for."""
    from kinv import data

    train, test = (data.find(config.data, split, download=config.download) for split in ("train", "test"))
    if config.limit is not None:
        train, test = (source.evenly(config.limit) for source in (train, test))
    loaded = [Labelled(*source.load_labelled(), source) for source in (train, test)]
    print(f"Pictures: {train.description}; to test: {test.description}", flush=True)
    return loaded[0], loaded[1]


def sources(train: Labelled, test: Labelled) -> dict[str, str]:
    """What an artifact's metadata says of its data."""
    return {"train": train.source.description, "test": test.source.description, "license": train.source.license}


def digits_suffix(config: Any, digits: Labelled) -> str:
    """What the name of an artifact ends with where it is not the default preset, or not of the full data set."""
    preset = "" if config.preset == "default" else f"_{config.preset}"
    whole = config.preset == "smoke" or len(digits.labels) == FULL.get(digits.source.name)
    return preset if whole else f"{preset}_{len(digits.labels)}"


def find_pictures(name: str, download: bool) -> Any:
    """All pictures of a data set. `auto` takes the first of three that is here."""
    from kinv import data

    def whole(name):
        return data.find(name, "validation" if name == "tfds:imagenet2012" else None, download=download)

    return _first(name, whole)


def find_halves(name: str, download: bool) -> tuple[Any, Any]:
    """Pictures to train with and pictures to hold out. `auto` takes the first of three data sets that is here."""
    from kinv import data

    def halves(name):
        if not name.startswith("tfds:"):
            return data.find(name, "train"), data.find(name, "test")
        split = "validation" if name == "tfds:imagenet2012" else "test"
        first, second = (data.find(name, f"{split}[{half}]", download=download) for half in (":50%", "50%:"))
        return first, second

    return _first(name, halves)


def _first(name: str, find: Callable[[str], Found]) -> Found:
    if name != "auto":
        return find(name)
    for candidate in AUTOMATIC[:-1]:
        try:
            return find(candidate)
        except FileNotFoundError:
            continue
    return find(AUTOMATIC[-1])
