"""A family that is conditioned on images, among others that are not: what its members are for an image, and its volume.

Shapes: `B` members and as many images, `N` images, `G` generators.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from keras import ops

from kinv.classifiers.predict import slices

from .families import Generators
from .scaled_family import ScaledFamily

AT_A_TIME = 256  # images


def for_images(transformer: Any, images: np.ndarray, members: np.ndarray, generators: Generators) -> np.ndarray:
    """What members of a conditioned family, `(B, G)`, are for these images, `(B, H, W, C)`."""
    found = []
    parts = zip(transformer.parts(), _factors(transformer, images), generators.split(members), strict=False)
    for generator, factors, sizes in parts:
        reach = ops.convert_to_numpy(generator.reach).astype("float64")
        found.append(factors * np.linalg.solve(reach, sizes.T).T @ reach.T)
    found = np.concatenate(found, axis=1)
    return np.concatenate([found, members[:, found.shape[1] :]], axis=1)


def conditioned(family: ScaledFamily, transformer: Any, images: np.ndarray) -> ScaledFamily:
    """A conditioned family, with the mean log-volume of what images have, in place of that where none is known."""
    factors = dict(zip(("color", "space", "beyond"), _factors(transformer, images), strict=False))
    parts = {
        part: replace(varied, log_volume=varied.log_volume + float(np.log(factors[part]).sum(axis=1).mean()))
        if part in factors else varied
        for part, varied in family.parts.items()
    }  # fmt: skip
    return replace(family, parts=parts)


def _factors(transformer, images):
    """How much farther it goes for every image, of each part, `(N, G)`."""
    some = (transformer.factors(images[at]) for at in slices(len(images), AT_A_TIME))
    return [np.concatenate([ops.convert_to_numpy(part) for part in parts]) for parts in zip(*some, strict=True)]
