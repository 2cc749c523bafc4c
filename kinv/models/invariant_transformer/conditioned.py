"""A family that is conditioned on images, among others that are not: what its members are for an image, and its volume.

Shapes: `B` members, `N` images, `G` generators.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from keras import ops

from kinv.classifiers.predict import slices

from .families import Generators
from .scaled_family import ScaledFamily

AT_A_TIME = 256  # images


def for_images(
    transformer: Any, factors: Sequence[np.ndarray], members: np.ndarray, generators: Generators
) -> np.ndarray:
    """What members of a conditioned family, `(B, G)`, are for images in turn; `factors` are those of `factors_of`."""
    found = []
    for generator, each, sizes in zip(transformer.parts(), factors, generators.split(members), strict=False):
        reach = ops.convert_to_numpy(generator.reach).astype("float64")
        along = np.linalg.solve(reach, sizes.T).T
        found.append((each[np.arange(len(along)) % len(each)] * along) @ reach.T)
    found = np.concatenate(found, axis=1)
    return np.concatenate([found, members[:, found.shape[1] :]], axis=1)


def conditioned(family: ScaledFamily, factors: Sequence[np.ndarray]) -> ScaledFamily:
    """A conditioned family with the mean log-volume of its images. Its other measures are of where none is known."""
    names = [part for part in ("color", "space", "beyond") if part in family.parts]
    longer = {part: np.log(each).sum(axis=1) for part, each in zip(names, factors, strict=False)}
    parts = {
        part: replace(varied, log_volume=varied.log_volume + float(longer[part].mean())) if part in longer else varied
        for part, varied in family.parts.items()
    }
    return replace(family, parts=parts, longer=longer)


def factors_of(transformer: Any, images: np.ndarray) -> list[np.ndarray]:
    """How much farther a conditioned family goes for every image, of each part, `(N, G)`."""
    some = (transformer.factors(images[at]) for at in slices(len(images), AT_A_TIME))
    return [np.concatenate([ops.convert_to_numpy(part) for part in parts]) for parts in zip(*some, strict=True)]
