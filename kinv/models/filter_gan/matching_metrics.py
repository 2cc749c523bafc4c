"""Metrics of a grid of matched images: do activations match, is the grid smooth, is it still the same class?"""

import keras
import numpy as np

from kinv.classifiers.predict import answers, predict_classes

from .matching import ActivationMatches

BUMPS = 5  # along a side, for weights that vary over the image


def summarise_matches(matches: ActivationMatches, images: np.ndarray, classifier: keras.Model) -> dict[str, float]:
    """The metrics of a grid.

    Args:
        matches: from `match_activations`.
        images: the originals, `(N, H, W, C)` in 0..255.
        classifier: the network whose layer was replaced, with its real filters.

    Returns:
        `fall`: relative decrease of the objective; the median over cells.
        `middle_change`: mean absolute difference of the middle cell from its original, in 0..255; the largest.
        `change`: the same for all other cells; the mean.
        `corner_change`: the same for the corner cells; the mean.
        `detour`: path length along a row or column of cells over the distance between its ends; the median. 1 is a
            straight line; independent cells give their number minus one.
        `unchanged`: share of cells with the same predicted class as the original.
        `shape_share`: `shape_share` of the corner cells; the median.
        `shape_change`: that share of each corner cell's mean absolute difference, in 0..255; the median.
    """
    matched = matches.images
    count, cells = matched.shape[:2]
    differences = np.abs(matched - images[:, None, None]).mean(axis=(3, 4, 5))
    middle = cells // 2
    others = np.ones((cells, cells), bool)
    others[middle, middle] = False
    said = answers(classifier, matched.reshape(-1, *images.shape[1:]))[0].reshape(count, -1)
    corners = [(index, row, column) for index in range(count) for row in (0, -1) for column in (0, -1)]
    shares = np.array([shape_share(images[index], matched[index, r, c]) for index, r, c in corners])
    return {
        "fall": float(np.nanmedian(matches.fall)),
        "middle_change": float(differences[:, middle, middle].max()),
        "change": float(differences[:, others].mean()),
        "corner_change": float(differences[:, [0, 0, -1, -1], [0, -1, 0, -1]].mean()),
        "detour": _detour(matched),
        "unchanged": float(np.mean(said == predict_classes(classifier, images)[:, None])),
        "shape_share": float(np.median(shares)),
        "shape_change": float(np.median(shares * [differences[corner] for corner in corners])),
    }


def shape_share(original: np.ndarray, changed: np.ndarray) -> float:
    """The share of a change that is in shape, not in brightness: 0..1.

    A least-squares fit explains the change by moving pixels (`dx` and `dy` of the image halfway, each times smooth
    weights that vary over the image) and by making them brighter or darker (that image times such weights). The share
    is what only moving explains, over what only one of the two explains.

    Args:
        original, changed: `(H, W, C)` in 0..255; averaged over channels.
    """
    first, second = (np.asarray(image, "float64").mean(axis=-1) / 255 for image in (original, changed))
    change = (second - first).ravel()
    if not change.any():
        return 0.0
    between, weights = (first + second) / 2, _bumps(first.shape)
    moving = np.concatenate([weights * slope for slope in np.gradient(between)]).reshape(-1, change.size).T
    brightness = (weights * between).reshape(-1, change.size).T
    by_both, by_moving, by_brightness = (
        _explained(change, part) for part in (np.hstack([moving, brightness]), moving, brightness)
    )
    only_moving, only_brightness = by_both - by_brightness, by_both - by_moving
    return float(only_moving / max(only_moving + only_brightness, 1e-12))


def _bumps(shape):
    """`(BUMPS^2, H, W)`: Gaussians on a regular grid, as wide as their spacing."""
    rows, columns = (np.arange(size)[:, None] - np.linspace(0, size - 1, BUMPS) for size in shape)
    along_rows, along_columns = (
        np.exp(-0.5 * np.square(offsets / (size / (BUMPS - 1))))
        for offsets, size in zip((rows, columns), shape, strict=True)
    )
    return np.einsum("hi,wj->ijhw", along_rows, along_columns).reshape(-1, *shape)


def _explained(change, columns):
    """The share of the squared change explained by a least-squares fit."""
    fit, *_ = np.linalg.lstsq(columns, change, rcond=1e-6)
    return 1 - np.sum(np.square(change - columns @ fit)) / np.sum(np.square(change))


def _detour(matched):
    """`detour` along rows and columns of cells; paths whose ends are the same image are left out."""
    ways = []
    for axis in (1, 2):
        steps = np.diff(matched, axis=axis)
        length = np.sqrt(np.square(steps).sum(axis=(3, 4, 5))).sum(axis=axis)
        straight = np.sqrt(np.square(steps.sum(axis=axis)).sum(axis=(2, 3, 4)))
        ways.append(length[straight > 0] / straight[straight > 0])
    return float(np.median(np.concatenate(ways)))
