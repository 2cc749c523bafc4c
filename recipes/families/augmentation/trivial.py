"""TrivialAugment: one random transformation of random strength for every image (Müller and Hutter 2021)."""

import numpy as np
from keras import ops

from kinv.ops import TRANSFORMATIONS


class TrivialAugment:
    """One of the paper's eleven transformations for every image, at a uniform strength and in a random direction.

    Müller and Hutter, "TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation", algorithm 1. Their list of
    transformations is another one, with a fixed widest strength.

    Args:
        strength: the widest magnitude, as a share of the way from the neutral magnitude to the end of the
            transformation's range, 0..1. At 0 images stay as they are.
        fill: what lies outside the frame.
    """

    def __init__(self, strength: float, fill: str):
        self.strength, self.fill = strength, fill

    def augment(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Images `(B, H, W, C)` in 0..255, changed; the same seed gives the same images."""
        random = np.random.default_rng(seed)
        changed = np.array(images, "float32")
        which = random.integers(len(TRANSFORMATIONS), size=len(images))
        shares, upwards = self.strength * random.uniform(size=len(images)), random.uniform(size=len(images)) < 0.5
        for number, name in enumerate(TRANSFORMATIONS):
            at = np.flatnonzero(which == number)
            if at.size:
                magnitudes = np.array([magnitude(name, shares[one], bool(upwards[one])) for one in at], "float32")
                moved = TRANSFORMATIONS[name](changed[at], magnitudes, self.fill, seed)
                changed[at] = ops.convert_to_numpy(moved)
        return changed


def magnitude(name: str, share: float, upwards: bool) -> float:
    """A share of the way from the neutral magnitude to an end of a transformation's range.

    Args:
        name: of a transformation in `kinv.ops.TRANSFORMATIONS`.
        share: 0..1; at 0 it is the neutral magnitude.
        upwards: which end, where there are two.
    """
    transformation = TRANSFORMATIONS[name]
    ends = [
        end for end in (transformation.magnitudes[0], transformation.magnitudes[-1]) if end != transformation.neutral
    ]
    return transformation.neutral + share * (ends[-1 if upwards else 0] - transformation.neutral)
