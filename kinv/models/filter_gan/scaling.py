"""Metric multi-dimensional scaling: points of the plane whose distances are those of points of a large space.

Shapes: `N` points of `D` coordinates.
"""

import numpy as np

STEPS, ENOUGH = 300, 1e-6  # at most so many, until the stress falls by less than this share


def to_plane(points: np.ndarray) -> np.ndarray:
    """Points `(N, D)` in the plane, `(N, 2)`: classical scaling (Torgerson 1952), then least squares of the distances.

    The latter is majorisation (SMACOF: de Leeuw 1977), of which no step raises the stress.
    """
    centred = np.asarray(points, "float64") - np.mean(points, axis=0)
    apart = distances(centred)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    found = np.zeros((len(centred), 2))
    found[:, : len(sizes[:2])] = left[:, :2] * sizes[:2]
    before = stress(found, apart)
    for _ in range(STEPS):
        now = distances(found)
        ratio = np.divide(apart, now, out=np.zeros_like(now), where=now > 0)
        found = (ratio.sum(axis=1, keepdims=True) * found - ratio @ found) / len(found)
        after = stress(found, apart)
        if before - after <= ENOUGH * before:
            break
        before = after
    return found


def distances(points: np.ndarray) -> np.ndarray:
    """Euclidean distances of all pairs of points `(N, D)`, `(N, N)`."""
    products = points @ points.T
    squares = np.diag(products)
    return np.sqrt(np.maximum(squares[:, None] + squares - 2 * products, 0) * (1 - np.eye(len(points))))


def stress(points: np.ndarray, wanted: np.ndarray) -> float:
    """The sum over pairs of squared differences of the distances of points `(N, 2)` and those wanted, `(N, N)`."""
    return float(np.square(distances(points) - wanted).sum() / 2)
