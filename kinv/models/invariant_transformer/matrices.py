"""Matrices of colour and of space, and sizes of flows: learned ones, and random ones as far from the identity.

Shapes: `B` members, `C` channels, `G` modes of flows.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from kinv.classifiers.predict import slices
from kinv.ops.affine import distance_from_identity


class Matrices(NamedTuple):
    """float32 `(B, C, C + 1)` of colour, `(B, 2, 3)` of space, and sizes `(B, G)` of flows in families with them."""

    color: np.ndarray
    space: np.ndarray
    beyond: np.ndarray | None = None

    def rows(self, at: Any) -> tuple[np.ndarray, ...]:
        """Some of the members, as `apply_matrices` takes them."""
        return tuple(part[at] for part in self if part is not None)


def learned_and_random(
    transformer: Any, images: np.ndarray, draws: int, batch_size: int, seed: Sequence[int]
) -> tuple[Matrices, Matrices]:
    """Learned matrices for uniform `k`, and a random pair at the same distances for each; `B = draws * N`.

    Args:
        transformer: a trained `InvariantTransformer`.
        images: that they are for, `(N, H, W, C)`.
        draws: for each image; the pairs of one draw follow each other.
        batch_size: pairs that are drawn at a time.
        seed: draws `k` and the directions of the random matrices.
    """
    random = np.random.default_rng(seed)
    rows: list[list[np.ndarray]] = []
    for _ in range(draws):
        for at in slices(len(images), batch_size):
            ks = (random.uniform(size=(at.stop - at.start, count)).astype("float32") for count in transformer.controls)
            learned = [ops.convert_to_numpy(matrix) for matrix in transformer.matrices(*ks, images=images[at])]
            rows.append([*learned, *(random_like(matrix, random) for matrix in learned)])
    columns = [np.concatenate(column) for column in zip(*rows, strict=True)]
    half = len(columns) // 2
    return Matrices(*columns[:half]), Matrices(*columns[half:])


def random_like(matrices: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The identity plus uniformly random directions, as far from it as these matrices `(B, R, R + 1)`.

    Of sizes `(B, G)`, random directions of the same norm.
    """
    direction = random.normal(size=matrices.shape)
    if matrices.ndim == 2:
        return (direction * norms(matrices) / norms(direction)).astype("float32")
    direction /= np.linalg.norm(direction, axis=(1, 2), keepdims=True)
    return (np.eye(*matrices.shape[1:]) + distances(matrices)[:, None, None] * direction).astype("float32")


def norms(sizes: np.ndarray) -> np.ndarray:
    """Of rows, `(B, G)` to `(B, 1)`."""
    return np.linalg.norm(sizes, axis=1, keepdims=True)


def distances(matrices: np.ndarray) -> np.ndarray:
    """Frobenius distances from the identity, `(B, R, R + 1)` to float32 `(B,)`."""
    return ops.convert_to_numpy(distance_from_identity(matrices))
