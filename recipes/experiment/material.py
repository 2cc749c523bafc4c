"""The network and the images of a recipe: what was asked for, else what is on this machine, said in one line."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

AUTOMATIC = ("imagenet_samples", "tfds:imagenet_v2", "photos")
VIEWS = 10
CROP_MARGIN = 256 / 227  # Krizhevsky et al. 2012 cut crops of 224 from images of 256, AlexNet's are of 227
Found = TypeVar("Found")


@dataclass(frozen=True)
class Labelled:
    """Images `(N, H, W, C)` in 0..255, an array or like one, with labels `(N,)` or None, and where they come from."""

    images: Any
    labels: Any
    source: Any


class TenCrops:
    """Corners and middle of every image, and their mirror images (Krizhevsky et al. 2012, section 4.1).

    A network soon learns a few hundred images by heart, ten views of each not. Like an array that takes slices and
    lists of indices: all images' first view, then their second and so on. Crops are cut when they are asked for, as ten
    of them take ten times the memory of their image.

    Args:
        images: `(N, H, H, C)`.
        size: height and width of the crops, at most `H`.
        views: how many of the ten; 1 of images of that size: they are as they are.
    """

    def __init__(self, images: np.ndarray, size: int, views: int = VIEWS):
        end = images.shape[1] - size
        self.images, self.size = images, size
        self.corners = [(0, 0), (0, end), (end, 0), (end, end), (end // 2, end // 2)]
        self.chosen = np.arange(views * len(images))

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self), self.size, self.size, self.images.shape[-1]

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, indices: Any) -> np.ndarray:
        return np.stack([self._cut(number) for number in self.chosen[indices]])

    def only(self, mask: np.ndarray) -> "TenCrops":
        """The crops where `mask`, bool `(len,)`, is true."""
        part = TenCrops(self.images, self.size)
        part.chosen = self.chosen[mask]
        return part

    def of_images(self, values: np.ndarray) -> np.ndarray:
        """For every crop the value of its image, from `(N,)`, such as its label."""
        return values[self.chosen % len(self.images)]

    def _cut(self, number: int) -> np.ndarray:
        view, index = divmod(int(number), len(self.images))
        top, left = self.corners[view % len(self.corners)]
        crop = self.images[index, top : top + self.size, left : left + self.size]
        return crop[:, ::-1] if view >= len(self.corners) else crop


def load_classifier(name: str, fallback: str, download: bool) -> Any:
    """The classifier, or the fallback with one clear line, where its weights are not on this machine."""
    from kinv import classifiers

    try:
        classifier = classifiers.load(name, download=download)
    except FileNotFoundError as error:
        print(f"{error} Using {fallback} instead.", flush=True)
        classifier = classifiers.load(fallback)
    print(f"Network:  {classifier.name}, {classifier.count_params():,} parameters", flush=True)
    return classifier


def load_digits(name: str, download: bool, limit: int | None) -> tuple[Labelled, Labelled]:
    """Digits or silhouettes to train with and to test with; at most `limit` of each."""
    from kinv import data

    train, test = (data.find(name, split, download=download) for split in ("train", "test"))
    if limit is not None:
        train, test = (source.evenly(limit) for source in (train, test))
    loaded = [Labelled(*source.load_labelled(), source) for source in (train, test)]
    print(f"Images:   {train.description}; to test: {test.description}", flush=True)
    return loaded[0], loaded[1]


THEIRS = "the photographs' rights are their owners'"
LICENSES = {  # of folders whose photographs are no package's
    "imagenet_samples": f"ImageNet, for research (image-net.org/download); {THEIRS}",
    "pets": f"Oxford-IIIT Pet, CC BY-SA 4.0 (robots.ox.ac.uk/~vgg/data/pets); {THEIRS}",
}


def license_of(source: Any) -> str:
    """The licence of a source of images; of a folder that is a known data set, that one's."""
    return LICENSES.get(source.name.partition("/")[0]) or source.license


def sources(train: Any, **measured: Any) -> dict[str, str]:
    """What an artifact's metadata says of its data: `test=` or `held_out=` is what was measured on."""
    return {
        "train": train.description,
        **{name: source.description for name, source in measured.items()},
        "license": license_of(train),
    }


def find_images(name: str, download: bool, limit: int | None = None) -> Any:
    """All images of a data set, or evenly `limit` of them. `auto` takes the first of three that is here."""
    from kinv import data

    def whole(name):
        return data.find(name, "validation" if name == "tfds:imagenet2012" else None, download=download)

    found = _first(name, whole)
    found = found if limit is None else found.evenly(limit)
    print(f"Images:   {found.description}", flush=True)
    return found


def find_halves(name: str, download: bool) -> tuple[Any, Any]:
    """Images to train with and images to hold out. `auto` takes the first of three data sets that is here."""
    from kinv import data

    def halves(name):
        if not name.startswith("tfds:"):
            return data.find(name, "train", download=download), data.find(name, "test", download=download)
        split = "validation" if name == "tfds:imagenet2012" else "test"
        first, second = (data.find(name, f"{split}[{half}]", download=download) for half in (":50%", "50%:"))
        return first, second

    train, held_out = _first(name, halves)
    print(f"Images:   {train.description}; held out: {held_out.description}", flush=True)
    return train, held_out


def evenly(width: int, count: int) -> np.ndarray:
    """At most so many indices, evenly spread over `width`."""
    return np.linspace(0, width - 1, min(count, width)).astype(int)


def _first(name: str, find: Callable[[str], Found]) -> Found:
    if name != "auto":
        return find(name)
    for candidate in AUTOMATIC[:-1]:
        try:
            return find(candidate)
        except FileNotFoundError:
            continue
    return find(AUTOMATIC[-1])
