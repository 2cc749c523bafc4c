"""Several transformations, one after the other.

Shapes: `B` batch, `H` height, `W` width, `C` channels, `D` transformations composed.
"""

from collections.abc import Sequence

import numpy as np
from keras import ops

from .affine import affine_sample
from .transformation import Transformation
from .transformations import TRANSFORMATIONS, Spatial


class Composed(Transformation):
    """Several transformations, one after the other, each with its own magnitude."""

    def __init__(self, parts: Sequence[Transformation]):
        self.parts = tuple(parts)
        self.dimensions = len(self.parts)
        grid = np.meshgrid(*(part.thinned(2) for part in parts), indexing="ij")
        super().__init__(
            name="+".join(part.name for part in parts),
            unit=", ".join(part.unit for part in parts),
            neutral=tuple(part.neutral for part in parts),
            magnitudes=[tuple(float(v) for v in point) for point in np.stack(grid, axis=-1).reshape(-1, len(parts))],
        )

    def check(self, magnitudes):
        super().check(magnitudes)
        for index, part in enumerate(self.parts):
            part.check(np.asarray(magnitudes)[..., index])

    def thinned(self, every):
        return tuple(part.thinned(every) for part in self.parts)

    def apply(self, images, magnitudes, fill, seed):
        columns = [magnitudes[:, index] for index in range(self.dimensions)]
        if all(isinstance(part, Spatial) for part in self.parts):  # one matrix, so that pictures are sampled once
            _, height, width, _ = ops.shape(images)
            first, *others = zip(self.parts, columns, strict=True)
            matrices = first[0].matrices(first[1], width / height)
            for part, column in others:
                matrices = _product(matrices, part.matrices(column, width / height))
            return affine_sample(images, matrices, fill)
        for part, column in zip(self.parts, columns, strict=True):
            images = part.apply(images, column, fill, seed)
        return images


def compose(*transformations: Transformation) -> Composed:
    """Applies several transformations one after the other; magnitudes get one column for each.

    Spatial ones are multiplied first, so that the pictures are sampled once.

    Raises:
        ValueError: fewer than two.
    """
    if len(transformations) < 2:
        raise ValueError(f"compose takes at least two transformations, received {len(transformations)}")
    return Composed(transformations)


def find(name: str) -> Transformation:
    """The transformation with a name; `"translate_x+translate_y"` composes.

    Raises:
        ValueError: no such name.
    """
    parts = name.split("+")
    for part in parts:
        if part not in TRANSFORMATIONS:
            raise ValueError(f"transformations are {', '.join(TRANSFORMATIONS)}, received {part!r}")
    found = [TRANSFORMATIONS[part] for part in parts]
    return found[0] if len(found) == 1 else compose(*found)


def _product(first, second):
    """The matrix of showing a picture through `first` and the result through `second`."""
    square = ops.concatenate([first, ops.broadcast_to([[[0.0, 0.0, 1.0]]], (ops.shape(first)[0], 1, 3))], axis=1)
    last = ops.concatenate([second, ops.broadcast_to([[[0.0, 0.0, 1.0]]], (ops.shape(second)[0], 1, 3))], axis=1)
    return ops.matmul(square, last)[:, :2]
