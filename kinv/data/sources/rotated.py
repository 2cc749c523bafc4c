"""Digits turned by any angle, as in the data set `mnist-rot` of Larochelle et al. 2007."""

import numpy as np

from kinv.choices import checked_choice

from ..source import Source
from .digits import digits_source

TRAIN, TEST = 12_000, 50_000  # of MNIST's 70,000 digits; of fewer digits in the same proportion
SPLITS = ("train", "test")
AT_A_TIME = 5_000


def open_rotated(split: str, parts: list[Source], seed: int = 0) -> Source:
    """Every digit turned about its centre by its own angle, uniform in -180..180 degrees.

    Args:
        split: `train` (12,000 digits) or `test` (50,000 others).
        parts: MNIST's splits, whose digits are put together.
        seed: of the choice of digits and of the angles.
    """
    checked_choice("split of rotated_mnist", split, SPLITS)
    from kinv.ops.transformations.catalogue import rotation

    loaded = [part.load_labelled(dtype="uint8") for part in parts]
    images = np.concatenate([images for images, _ in loaded])
    labels = np.concatenate([labels for _, labels in loaded])
    random = np.random.default_rng(seed)
    order, angles = random.permutation(len(images)), random.uniform(-180, 180, len(images))
    train = min(TRAIN, round(len(images) * TRAIN / (TRAIN + TEST)))
    chosen = order[:train] if split == "train" else order[train : train + TEST]
    turned = [
        np.asarray(rotation(images[some], angles[some].astype("float32")))
        for some in np.array_split(chosen, -(-len(chosen) // AT_A_TIME))
    ]
    rounded = np.concatenate(turned).round().astype("uint8")
    origin = " and ".join(part.description for part in parts)
    description = f"{len(chosen):,} digits turned by any angle ({split}), seed {seed}, from {origin}"
    return digits_source(rounded[..., 0], labels[chosen], "rotated_mnist", description)
