"""Members of a family of many control parameters that show it by pictures.

Shapes: `G` control parameters.
"""

import itertools

import numpy as np

ONE_IN = 1.645  # standard deviations of a normal distribution, beyond which one in twenty lies
LEADING = 4  # principal directions, from pairs of which is searched
CHOICES = np.array([(1, 0), (-1, 0), (0, 1), (0, -1)])  # of a control parameter: whom it follows


def pair_of_groups(reach: np.ndarray) -> np.ndarray:
    """Two directions `u = 2 k - 1`, `(2, G)`, whose sums and differences show what a family changes.

    Every control parameter follows one of the two, as far as it, or against it. So their sums and differences are
    corners of the cube of control parameters, drawn towards its middle: until one member in twenty is farther from it.
    Of all such corners, these four are as far as they can be from the identity and from each other.

    Args:
        reach: what is changed along `u`, `(any, G)`.
    """
    controls = reach.shape[1]
    squared = controls / 3 + ONE_IN * np.sqrt(4 * controls / 45)  # of the norm of `u`, one in twenty
    return np.sqrt(min(squared / controls, 1.0)) * farthest_groups(reach)


def farthest_groups(reach: np.ndarray) -> np.ndarray:
    """Of -1, 0 and 1, `(2, G)`, each column with one 0: those whose `apart` no other choice in one column makes larger.

    The best of the searches that start at pairs of principal directions. In each row, the first that is not 0 is 1.
    """
    _, sizes, directions = np.linalg.svd(reach)
    directions = sizes[:, None] * directions[: len(sizes)]
    pairs = itertools.combinations(range(min(LEADING, len(sizes))), 2) if len(sizes) > 1 else [(0, 0)]
    found = [_climbed(reach, _followed(directions[list(pair)])) for pair in pairs]
    best = max(found, key=lambda groups: apart(groups, reach))
    first = best[[0, 1], (best != 0).argmax(axis=1)]
    best = best * np.where(first < 0, -1, 1)[:, None]
    return best[np.argsort(-np.linalg.norm(best @ reach.T, axis=1), kind="stable")]


def apart(groups: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """The least distance of two among the identity and the four corners of directions, `(..., 2, G)` to `(...)`."""
    changed = groups @ reach.T
    one, other = changed[..., 0, :], changed[..., 1, :]
    distances = [one + other, one - other, 2 * one, 2 * other]
    return np.min([np.linalg.norm(distance, axis=-1) for distance in distances], axis=0)


def _followed(directions):
    """Every control parameter follows the direction along which it goes farther, with the sign it has there."""
    groups = np.where(directions < 0, -1, 1)
    groups[1 - np.abs(directions).argmax(axis=0), np.arange(groups.shape[1])] = 0
    return groups


def _climbed(reach, groups):
    while True:
        columns = np.arange(groups.shape[1])
        others = np.tile(groups, (len(CHOICES), len(columns), 1, 1))
        others[:, columns, :, columns] = CHOICES
        scores = apart(others, reach)
        best = np.unravel_index(scores.argmax(), scores.shape)
        if scores[best] <= (1 + 1e-9) * apart(groups, reach):
            return groups
        groups = others[best]
