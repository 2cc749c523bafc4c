"""What a change of an image is, as far as it is known: shares of shift, turn, shape, strokes, sharpness, brightness."""

import itertools
import math
from typing import Any

import numpy as np
from keras import ops

from kinv.classifiers.predict import slices
from kinv.ops.affine import affine_sample
from kinv.ops.blur import gaussian_blur
from kinv.ops.stroke_width import stroke_width

PIXELS, DEGREES, SLANT, SIZE, WIDTH, BLUR = 2.0, 10.0, 0.2, 0.15, 1.0, 0.7  # to both sides, of 28 pixels; of shares
SIDE = 28
VALUES = 100_000  # of images at a time
RIDGE = 1e-6  # of the largest sum of squares
PARTS = {"shift": 16, "rotation": 2, "slant and size": 8, "stroke width": 2, "sharpness": 1, "brightness": 2}
REST = "rest"


def change_parts(originals: np.ndarray, changed: np.ndarray) -> dict[str, float]:
    """How much of a change each kind of known transformations explains, and the rest; together 1.

    A change is fitted by least squares with at most one of each kind: shifts, turns, slant or size, stroke width, blur
    and brightness to either side, of a moderate size, times a number. The one that explains most comes first, with all
    that it explains; then, of the other kinds, the one that adds most, with what it adds (forward selection). So a
    sum of shifts, which could thicken a stroke, takes no part. Sums are over all images: large changes count most.

    Args:
        originals, changed: `(N, H, W, C)` in 0..255.

    Returns:
        Shares of the squared change, by the names of `PARTS` and `REST`; all of it rest if nothing changed.
    """
    names, ends = list(PARTS), np.cumsum(list(PARTS.values()))
    groups = [np.arange(end - count, end) for end, count in zip(ends, PARTS.values(), strict=True)]
    total, parts = 0.0, np.zeros(len(groups))
    for at in slices(len(originals), max(1, VALUES // originals[0].size)):
        changes = (np.asarray(changed[at], "float64") - originals[at]).reshape(len(originals[at]), -1) / 255
        for columns, change in zip(_columns(originals[at]), changes, strict=True):
            gram, answer = columns @ columns.T, columns @ change
            gram += np.eye(len(gram)) * RIDGE * max(np.diag(gram).max(), 1e-12)
            parts += _added(groups, gram, answer)
            total += float(change @ change)
    if not total:
        return {**dict.fromkeys(names, 0.0), REST: 1.0}
    shares = parts / total
    return {**dict(zip(names, map(float, shares), strict=True)), REST: float(1 - shares.sum())}


def _columns(originals):
    """Differences that known transformations make, `(N, P, H W C)`."""
    images = ops.convert_to_tensor(np.asarray(originals, "float32") / 255)
    pixel, aspect = min(images.shape[1:3]) / SIDE, images.shape[2] / images.shape[1]

    def mapped(matrix: Any) -> Any:
        return affine_sample(images, ops.convert_to_tensor(matrix, "float32"))

    def of_all(value: float) -> Any:
        return ops.full((len(originals),), value)

    made, turn = [], math.radians(DEGREES)
    for share, eighth in itertools.product((0.5, 1), range(8)):
        x, y = (share * 2 * PIXELS / SIDE * of(eighth * math.pi / 4) for of in (math.cos, math.sin))
        made.append(mapped([[1, 0, x], [0, 1, y]]))
    for side in (-1, 1):
        cos, sin = math.cos(turn), side * math.sin(turn)
        made.append(mapped([[cos, sin / aspect, 0], [-sin * aspect, cos, 0]]))
    for side in (-1, 1):
        slant, size = side * SLANT, 1 + side * SIZE
        made += [mapped([[1, slant, 0], [0, 1, 0]]), mapped([[1, 0, 0], [slant, 1, 0]])]
        made += [mapped([[size, 0, 0], [0, 1, 0]]), mapped([[1, 0, 0], [0, size, 0]])]
    made += [stroke_width(images, of_all(side * min(WIDTH * pixel, 3.0))) for side in (-1, 1)]
    made += [gaussian_blur(images, of_all(BLUR * pixel)), 1.5 * images, images + images * (1 - images)]
    found = np.stack([ops.convert_to_numpy(each - images).astype("float64") for each in made], axis=1)
    return found.reshape(*found.shape[:2], -1)


def _added(groups, gram, answer):
    """The squares that the best column of each group adds to those before it; first comes the one that adds most."""
    added, chosen, left, so_far = np.zeros(len(groups)), [], list(range(len(groups))), 0.0
    while left:
        worth = {
            (at, column): _explained(gram, answer, [*chosen, column]) for at in left for column in groups[at].tolist()
        }
        group, column = max(worth, key=worth.__getitem__)
        added[group], so_far = worth[group, column] - so_far, worth[group, column]
        left.remove(group)
        chosen.append(column)
    return added


def _explained(gram, answer, chosen):
    """Squares that a fit with these columns explains."""
    fit = np.linalg.solve(gram[np.ix_(chosen, chosen)], answer[chosen])
    return float(2 * fit @ answer[chosen] - fit @ gram[np.ix_(chosen, chosen)] @ fit)
