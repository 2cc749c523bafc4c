"""The network and the pictures of a recipe: what was asked for, else what is on this machine, said in one line."""

from collections.abc import Callable
from typing import Any, TypeVar

AUTOMATIC = ("imagenet_samples", "tfds:imagenet_v2", "photos")
Found = TypeVar("Found")


def load_classifier(name: str, fallback: str, download: bool) -> Any:
    """The classifier, or the fallback with one clear line, where its weights are not on this machine."""
    from kinv import classifiers

    try:
        return classifiers.load(name, download=download)
    except FileNotFoundError as error:
        print(f"{error} Using {fallback} instead.", flush=True)
        return classifiers.load(fallback)


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
