"""Small square patches of whitened natural images."""

from typing import NamedTuple

import numpy as np

from kinv.results import short_repr

from .find import data_folder, find
from .foreign_files import read_matlab

OLSHAUSEN = "IMAGES.mat"  # ten whitened images, 512 x 512, from Olshausen's page
EDGE = 4  # pixels at the edge that the filter distorts (boundary effect)
HELD_OUT_EVERY = 5  # images
SOURCES = ("imagenet_samples", "photos")
SIZE = 256  # of photographs, cut to squares, before whitening
AT_MOST = 500  # photographs


class Patches(NamedTuple):
    """Vectors float32 `(N, size * size)`, the name of their source, and a description of it."""

    vectors: np.ndarray
    source: str
    description: str

    def __repr__(self) -> str:
        return short_repr(self, self._asdict())


def natural_patches(
    count: int = 100_000, size: int = 12, *, seed: int = 0, source: str = "auto", held_out: bool = False
) -> Patches:
    """Patches from random positions in natural images whitened with Olshausen and Field's filter.

    Args:
        count: number of patches.
        size: rows and columns.
        seed: seed of the positions.
        source: `"auto"`: Olshausen and Field's own images, if `KINV_DATA_DIR` holds `IMAGES.mat`, else the photographs
            of `imagenet_samples`, else those inside packages; or any name that `kinv.data.find` knows.
        held_out: cuts from every fifth image, otherwise from all others.

    Returns:
        Vectors row by row, with mean 0 and variance 1 over all of them, and what they are from.

    Raises:
        ValueError: `count` or `size` is below 1, or patches are larger than the images.
    """
    if count < 1 or size < 1:
        raise ValueError(f"count and size must be at least 1, received {count} and {size}")
    images, name, description = _white_images(source)
    images = [image for index, image in enumerate(images) if (index % HELD_OUT_EVERY == 0) == held_out]
    least = min(min(image.shape) for image in images) - 2 * EDGE
    if size > least:
        raise ValueError(f"size must be at most {least}, the images' shorter side without the edges, received {size}")
    random = np.random.default_rng(seed)
    patches = np.empty((count, size * size), "float32")
    for index, which in enumerate(random.integers(len(images), size=count)):
        image = images[which]
        top, left = (random.integers(EDGE, length - EDGE - size + 1) for length in image.shape)
        patches[index] = image[top : top + size, left : left + size].ravel()
    patches -= patches.mean()
    part = "every fifth" if held_out else "four fifths"
    return Patches(
        patches / patches.std(), name, f"{count:,} patches of {size} x {size} pixels from {part} of {description}"
    )


def _white_images(source):
    inside = data_folder()
    if source == "auto" and inside and (inside / OLSHAUSEN).is_file():
        (stack,) = read_matlab(inside / OLSHAUSEN, "IMAGES")
        images = list(np.moveaxis(np.asarray(stack, "float64"), -1, 0))
        return images, "olshausen", f"Olshausen and Field's whitened images ({OLSHAUSEN})"
    from kinv.ops.whitening import whiten_image

    found = _photographs(source)
    photographs, _ = found.evenly(AT_MOST).load(SIZE, dtype="uint8")
    grey = photographs.mean(axis=-1)  # of three colours, or of one
    white = [whiten_image(image) for image in grey]
    return [image for image in white if image.any()], found.name, f"{found.description}, whitened"


def _photographs(source):
    if source != "auto":
        return find(source, "all")
    for name in SOURCES[:-1]:
        try:
            return find(name, "all")
        except FileNotFoundError:
            continue
    return find(SOURCES[-1], "all")
