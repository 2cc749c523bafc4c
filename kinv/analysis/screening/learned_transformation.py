"""A learned Invariant Transformer Net as a transformation, to be screened and compared with hand-made ones."""

import hashlib
from typing import Any

import numpy as np
from keras import ops

from kinv.choices import checked_choice
from kinv.ops import Transformation
from kinv.ops.affine import distance_from_identity

STEPS = 11
PARTS = ("space", "color", "beyond")


class LearnedTransformation(Transformation):
    """A walk through the control parameters of an `InvariantTransformer`: at magnitude `v`, at (v, v) of its `plane`.

    The largest family has the identity in the middle, at 0.5. The paper's does not begin at the identity: its smallest
    member is that at `k = (0, 0)`. Its neutral magnitude is therefore -1, below the range, where the images are left
    unchanged. A critical point below 0 means that the prediction is already lost at `k = (0, 0)`. Outside the frame,
    images are filled as in the transformer's training.

    Args:
        transformer: a trained `InvariantTransformer`.
        part: `"space"`, `"color"`, or `"beyond"` in a family with flows; the other parts change nothing.
        family: the start of the name, `{family}_{part}`, so that several transformers can be told apart.
    """

    def __init__(self, transformer: Any, part: str, family: str = "learned"):
        checked_choice("part", part, _parts(transformer))
        grid = tuple(float(value) for value in np.linspace(0, 1, STEPS))
        neutral = -1.0 if transformer.neutral is None else transformer.neutral
        super().__init__(
            f"{family}_{part}", "k", neutral, (*grid,) if neutral in grid else (neutral, *grid), least=-1.0
        )
        self.transformer, self.part = transformer, part
        corners = ([np.full((1, 2), end, "float32")] * len(transformer.controls) for end in (0, 1))
        ends = (transformer.plane(*corner) for corner in corners)
        self.ends = [[ops.convert_to_numpy(k) for k in end] for end in ends]  # of the walk, which is straight

    @classmethod
    def parts(cls, transformer: Any, family: str = "learned") -> list["LearnedTransformation"]:
        """The walk through space, the walk through colour, and that through flows if there are any."""
        return [cls(transformer, part, family) for part in _parts(transformer)]

    def apply(self, prepared, magnitudes, fill, seed):
        return self.transformer.apply_matrices(prepared, *self._maps(magnitudes, prepared), seed=seed)

    def check(self, magnitudes):
        super().check(magnitudes)
        values = np.asarray(magnitudes)
        if (values > 1).any():
            raise ValueError(f"{self.name}: k must lie in 0..1 (or be -1, unchanged), received {values.max()}")

    @property
    def fingerprint(self):
        digest = hashlib.sha256(self.transformer.fill.encode())
        for weight in self.transformer.get_weights():
            digest.update(np.ascontiguousarray(weight).tobytes())
        for end in self.ends:
            digest.update(np.concatenate(end, axis=1).astype("float32").tobytes())
        return digest.hexdigest()

    def distance(self, magnitudes, shape):
        if self.part == "beyond":
            return super().distance(magnitudes, shape)  # flows have no matrices
        color, space, *_ = self._maps(ops.convert_to_tensor(magnitudes, "float32"))
        return ops.convert_to_numpy(distance_from_identity(space if self.part == "space" else color))

    def _maps(self, magnitudes, images=None):
        """Matrices of colour and of space, and sizes of flows if there are any, of which one part follows the walk."""
        beside = ops.expand_dims(magnitudes, -1) - 0.5  # the middle, which is met exactly
        ks = (0.5 + beside * (last - first) for first, last in zip(*self.ends, strict=True))
        found = []
        maps = self.transformer.matrices(*ks, images=images)
        for part, map_ in zip(("color", "space", "beyond"), maps, strict=False):
            still = ops.reshape(magnitudes < 0, (-1, *[1] * (len(map_.shape) - 1))) if part == self.part else True
            found.append(ops.where(still, _identity(map_), map_))
        return found


def _parts(transformer):
    return PARTS[: len(transformer.controls)]


def _identity(maps):
    zeros = ops.zeros_like(maps)
    return zeros if len(maps.shape) == 2 else ops.eye(*maps.shape[1:]) + zeros
