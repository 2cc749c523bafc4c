"""Pairs of matrices, of colour and of space: learned ones, and random ones as far from the identity.

Shapes: `B` pairs, `C` channels.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from kinv.classifiers.predict import slices
from kinv.ops.affine import distance_from_identity


class Matrices(NamedTuple):
    """float32 `(B, C, C + 1)` of colour, and `(B, 2, 3)` of space."""

    color: np.ndarray
    space: np.ndarray


def learned_and_random(
    transformer: Any, images: int, draws: int, batch_size: int, seed: Sequence[int]
) -> tuple[Matrices, Matrices]:
    """Learned matrices for uniform `k`, and a random pair at the same distances for each; `B = draws * images`.

    Args:
        transformer: a trained `InvariantTransformer`.
        images, draws: their numbers; the pairs of one draw follow each other.
        batch_size: pairs that are drawn at a time.
        seed: draws `k` and the directions of the random matrices.
    """
    random = np.random.default_rng(seed)
    rows: list[list[np.ndarray]] = []
    for _ in range(draws):
        for at in slices(images, batch_size):
            ks = (random.uniform(size=(at.stop - at.start, count)).astype("float32") for count in transformer.controls)
            learned = [ops.convert_to_numpy(matrix) for matrix in transformer.matrices(*ks)]
            rows.append([*learned, *(random_like(matrix, random) for matrix in learned)])
    color, space, random_color, random_space = (np.concatenate(column) for column in zip(*rows, strict=True))
    return Matrices(color, space), Matrices(random_color, random_space)


def random_like(matrices: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The identity plus uniformly random directions, as far from it as these matrices `(B, R, R + 1)`."""
    direction = random.normal(size=matrices.shape)
    direction /= np.linalg.norm(direction, axis=(1, 2), keepdims=True)
    return (np.eye(*matrices.shape[1:]) + distances(matrices)[:, None, None] * direction).astype("float32")


def distances(matrices: np.ndarray) -> np.ndarray:
    """Frobenius distances from the identity, `(B, R, R + 1)` to float32 `(B,)`."""
    return ops.convert_to_numpy(distance_from_identity(matrices))
