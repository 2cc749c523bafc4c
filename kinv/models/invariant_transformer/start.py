"""Where the largest family starts: as far along every generator as keeps nearly all predictions.

Shapes: `G` generators.
"""

from collections.abc import Callable

import numpy as np

from kinv.farthest import farthest

LEAST = 0.95  # of the smooth share of predictions that stay, at the size that is looked for
FIRST, LIMIT, BISECTIONS = 0.02, 2.56, 2  # sizes that are tried
SMALLEST = FIRST / 4  # where not even the first keeps enough
OF_IT = 0.5  # of those sizes: all generators together change more than each alone


def start_sizes(share: Callable[[np.ndarray], float], count: int) -> np.ndarray:
    """How far the family should reach along every generator at the start of training, `(G,)`.

    Args:
        share: the smooth share of predictions that stay under the maps of one element of the algebra `(G,)`.
        count: `G`.
    """
    unmoved = share(np.zeros(count))

    def kept(direction: np.ndarray, size: float) -> float:
        return (share(size * direction) + share(-size * direction)) / 2 / unmoved

    return OF_IT * np.array(
        [
            max(SMALLEST, farthest(lambda size, along=along: kept(along, size), LEAST, FIRST, LIMIT, BISECTIONS))
            for along in np.eye(count)
        ]
    )
