"""Real and generated filters as points in the plane."""

import numpy as np


def scale_filters(real: np.ndarray, generated: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Metric multi-dimensional scaling of filters ("Parametrizing filters of a CNN with a GAN", figure 5).

    Args:
        real: `(rows, columns, C, F)`.
        generated: `(draws, rows, columns, C, F)`.
        seed: of where the points start.

    Returns:
        Points in the plane, for the real filters `(F, 2)` and the generated ones `(draws, F, 2)`.
    """
    from sklearn.manifold import MDS

    both = np.concatenate([np.asarray(real)[None], np.asarray(generated)])
    draws, count = len(both), both.shape[-1]
    flat = np.moveaxis(both, -1, 1).reshape(draws * count, -1)
    points = MDS(n_components=2, n_init=1, init="classical_mds", random_state=seed).fit_transform(flat)
    points = points.reshape(draws, count, 2)
    return points[0], points[1:]
