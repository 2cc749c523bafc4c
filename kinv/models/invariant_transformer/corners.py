"""Members of a family of many control parameters that show it by pictures.

Shapes: `G` control parameters.
"""

import itertools
from collections.abc import Callable

import numpy as np

ONE_IN = 1.645  # standard deviations of a normal distribution, beyond which one in twenty lies
ALONE = 0.95  # of a single control parameter, beyond which one in twenty lies
LEADING = 4  # principal directions; the search starts at pairs of these
CHOICES = np.array([(1, 0), (-1, 0), (0, 1), (0, -1)])  # which direction a control parameter follows, and its sign

Changed = Callable[[np.ndarray], np.ndarray]


def pair_of_groups(reach: np.ndarray, changed: Changed | None = None) -> np.ndarray:
    """Two directions `u = 2 k - 1`, `(2, G)`, whose sums and differences show what a family changes.

    Every control parameter follows one of the two, as far as it, or against it. So their sums and differences are
    corners of the cube of control parameters. Of all such corners, these four are nearly as far as they can be from the
    identity and from each other. They are drawn towards the middle of the cube, until about one in twenty of the points
    that are drawn in it has a larger norm.

    Args:
        reach: what is changed along `u`, `(any, G)`, about.
        changed: what is changed by `u`, `(..., G)` to `(..., any)`, in proportion to its size; default: `reach` times
            it.
    """
    controls = reach.shape[1]
    squared = controls / 3 + ONE_IN * np.sqrt(4 * controls / 45)  # of the norm of `u`, one in twenty
    return (np.sqrt(squared / controls) if controls > 1 else ALONE) * farthest_groups(reach, changed)


def farthest_groups(reach: np.ndarray, changed: Changed | None = None) -> np.ndarray:
    """Of -1, 0 and 1, `(2, G)`, each column with one 0: those whose `apart` no other choice in one column makes larger.

    The best of the searches that start at pairs of principal directions. In each row, the first that is not 0 is 1.
    Arguments as in `pair_of_groups`.
    """
    _, sizes, directions = np.linalg.svd(reach)
    directions = sizes[:, None] * directions[: len(sizes)]
    pairs = itertools.combinations(range(min(LEADING, len(sizes))), 2) if len(sizes) > 1 else [(0, 0)]
    changed = changed or (lambda u: u @ reach.T)
    found = [_climbed(changed, _followed(directions[list(pair)])) for pair in pairs]
    best = max(found, key=lambda groups: apart(groups, changed))
    first = best[[0, 1], (best != 0).argmax(axis=1)]
    best = best * np.where(first < 0, -1, 1)[:, None]
    return best[np.argsort(-np.linalg.norm(changed(best), axis=1), kind="stable")]


def apart(groups: np.ndarray, changed: Changed) -> np.ndarray:
    """The least distance of two among the identity and the four corners of directions, `(..., 2, G)` to `(...)`."""
    one, other = groups[..., 0, :], groups[..., 1, :]
    corners = np.stack([one + other, one - other, other - one, -one - other], axis=-2)
    shown = changed(corners)
    distances = [np.linalg.norm(shown, axis=-1)] + [
        np.linalg.norm(shown[..., first, :] - shown[..., second, :], axis=-1)[..., None]
        for first, second in itertools.combinations(range(4), 2)
    ]
    return np.concatenate(distances, axis=-1).min(axis=-1)


def _followed(directions):
    """Every control parameter follows the direction along which it goes farther, with the sign it has there."""
    groups = np.where(directions < 0, -1, 1)
    groups[1 - np.abs(directions).argmax(axis=0), np.arange(groups.shape[1])] = 0
    return groups


def _climbed(changed, groups):
    while True:
        columns = np.arange(groups.shape[1])
        others = np.tile(groups, (len(CHOICES), len(columns), 1, 1))
        others[:, columns, :, columns] = CHOICES
        scores = apart(others, changed)
        best = np.unravel_index(scores.argmax(), scores.shape)
        if scores[best] <= (1 + 1e-9) * apart(groups, changed):
            return groups
        groups = others[best]
