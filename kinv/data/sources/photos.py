"""The photographs inside scikit-image, scikit-learn and matplotlib, cut into overlapping crops: the offline default.

Nine photographs are few, so each gives `CROPS` square crops at several scales and places. Training and test crops
come from different photographs.
"""

import numpy as np
from PIL import Image

from kinv.choices import checked_choice

from ..foreign_files import find_in_package
from ..source import Source
from .decoding import Size, fit, read_image

PHOTOGRAPHS = {
    "train": (
        ("scikit-image", "astronaut.png"),
        ("scikit-image", "coffee.png"),
        ("scikit-image", "motorcycle_left.png"),
        ("scikit-image", "camera.png"),
        ("scikit-learn", "china.jpg"),
    ),
    "test": (
        ("scikit-image", "chelsea.png"),
        ("scikit-image", "rocket.jpg"),
        ("scikit-learn", "flower.jpg"),
        ("matplotlib", "grace_hopper.jpg"),
    ),
}
SPLITS = ("all", *PHOTOGRAPHS)
LICENSE = "public domain, CC0 and CC BY photographs that come with scikit-image, scikit-learn and matplotlib"
CROPS = 32
SMALLEST_CROP = 0.6  # of the shorter side


def open_photos(split: str) -> Source:
    """Crops of the embedded photographs, without labels. `split`: `train`, `test` or `all`."""
    checked_choice("split of photos", split, SPLITS)
    splits = PHOTOGRAPHS if split == "all" else (split,)
    photographs = [_read(*photograph) for part in splits for photograph in PHOTOGRAPHS[part]]

    def read(index: int, size: Size | None):
        image = photographs[index // CROPS]
        return np.asarray(fit(image.crop(_box(image, index)), size or min(image.size))), []

    return Source(
        name="photos",
        description=f"{CROPS} crops each of {len(photographs)} photographs that come with Python packages ({split})",
        license=LICENSE,
        count=CROPS * len(photographs),
        read=read,
    )


def _read(distribution: str, file_name: str) -> Image.Image:
    return Image.fromarray(read_image(find_in_package(distribution, file_name))[0])


def _box(image: Image.Image, index: int) -> tuple[int, int, int, int]:
    """The square crop with this number: the first of a photograph is its whole middle, the others are random."""
    random = np.random.default_rng(index)
    scale = 1.0 if index % CROPS == 0 else random.uniform(SMALLEST_CROP, 1.0)
    side = int(scale * min(image.size))
    place = (0.5, 0.5) if index % CROPS == 0 else random.uniform(size=2)
    left, top = (int(p * (extent - side)) for p, extent in zip(place, image.size, strict=True))
    return left, top, left + side, top + side
