"""Two halves of images, by chance: every second image can be of one class only, as in a folder that alternates."""

import numpy as np


def halves(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows of either half, in order: `count // 2` of them, and the rest.

    Args:
        count: how many images there are.
        seed: equal seeds give equal halves.
    """
    order = np.random.default_rng([seed, count]).permutation(count)
    return np.sort(order[: count // 2]), np.sort(order[count // 2 :])
