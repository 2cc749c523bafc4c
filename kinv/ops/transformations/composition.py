"""Several transformations, one after the other.

Shapes: `B` batch, `H` height, `W` width, `C` channels, `D` transformations composed.
"""

import functools
from collections.abc import Sequence

import numpy as np
from keras import ops

from kinv.known_names import transformation_names

from ..affine import affine_sample_neighbours, distance_from_identity
from .base import Transformation
from .by_name import BY_NAME
from .catalogue import Spatial, packed_aspect


class Composed(Transformation):
    """Several transformations, one after the other, each with its own magnitude."""

    def __init__(self, parts: Sequence[Transformation]):
        self.parts = tuple(inner for part in parts for inner in (part.parts if isinstance(part, Composed) else (part,)))
        self.exact = False  # a point (D,) is not compared with the neutral one
        self.compiles = all(part.compiles for part in self.parts)
        self.dimensions = len(self.parts)
        grid = np.meshgrid(*(part.thinned(2) for part in self.parts), indexing="ij")
        super().__init__(
            name="+".join(part.name for part in self.parts),
            unit=", ".join(part.unit for part in self.parts),
            neutral=tuple(part.neutral for part in self.parts),
            magnitudes=[
                tuple(float(v) for v in point) for point in np.stack(grid, axis=-1).reshape(-1, len(self.parts))
            ],
        )

    def check(self, magnitudes):
        super().check(magnitudes)
        for index, part in enumerate(self.parts):
            part.check(np.asarray(magnitudes)[..., index])

    @property
    def fingerprint(self):
        return "+".join(part.fingerprint for part in self.parts).strip("+")

    def distance(self, magnitudes, shape):
        if not self._is_spatial:
            return super().distance(magnitudes, shape)
        columns = ops.unstack(ops.convert_to_tensor(np.asarray(magnitudes), "float32"), axis=1)
        return ops.convert_to_numpy(distance_from_identity(self._matrices(columns, shape[1] / shape[0])))

    def thinned(self, every):
        return tuple(part.thinned(every) for part in self.parts)

    def prepare(self, images):
        return self.parts[0].prepare(images)

    def apply(self, prepared, magnitudes, fill, seed):
        columns = [magnitudes[:, index] for index in range(self.dimensions)]
        if self._is_spatial:
            return affine_sample_neighbours(prepared, self._matrices(columns, packed_aspect(prepared)), fill)
        images = self.parts[0].apply(prepared, columns[0], fill, seed)
        for part, column in zip(self.parts[1:], columns[1:], strict=True):
            images = part.apply(part.prepare(images), column, fill, seed)
        return images

    @property
    def _is_spatial(self):
        """Whether all parts are spatial: then there is one matrix, and images are sampled once."""
        return all(isinstance(part, Spatial) for part in self.parts)

    def _matrices(self, columns, aspect):
        each = [part.matrices(column, aspect) for part, column in zip(self.parts, columns, strict=True)]
        return functools.reduce(_product, each)


def compose(*transformations: Transformation) -> Composed:
    """Applies several transformations one after the other; magnitudes have one column for each.

    Spatial ones are multiplied first, so that the images are sampled once.

    Raises:
        ValueError: if there are fewer than two, or one is not a `Transformation`.
    """
    if len(transformations) < 2:
        raise ValueError(f"compose takes at least two transformations, received {len(transformations)}")
    for part in transformations:
        if not isinstance(part, Transformation):
            raise ValueError(f"compose takes transformations, received {part!r}: wrap a function in kinv.ops.Custom")
    return Composed(transformations)


def find(name: str) -> Transformation:
    """The transformation with a name; `"translate_x+translate_y"` composes.

    Raises:
        ValueError: if there is no such name.
    """
    found = [BY_NAME[part] for part in transformation_names(name)]
    return found[0] if len(found) == 1 else compose(*found)


def _product(first, second):
    """The matrix of showing an image through `first` and the result through `second`."""
    square = ops.concatenate([first, ops.broadcast_to([[[0.0, 0.0, 1.0]]], (ops.shape(first)[0], 1, 3))], axis=1)
    last = ops.concatenate([second, ops.broadcast_to([[[0.0, 0.0, 1.0]]], (ops.shape(second)[0], 1, 3))], axis=1)
    return ops.matmul(square, last)[:, :2]
