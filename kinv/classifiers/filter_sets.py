"""What a network answers with other filters in one of its convolutions."""

from typing import Any

import numpy as np
from keras import ops

from kinv import backend
from kinv.progress_bar import progress_bar

from .predict import slices
from .replaced_filters import ReplacedFilters

CHUNK = 250  # images


def accuracy_of_sets(
    cut: ReplacedFilters, filters: Any, images: np.ndarray, labels: np.ndarray, progress: bool = False
) -> np.ndarray:
    """Accuracy `(S,)` with each set of filters `(S, rows, columns, C / groups, F)` in place of the real ones.

    With `progress`, a bar is shown on stderr.
    """
    return right_of_sets(cut, filters, images, labels, progress).mean(axis=1)


def right_of_sets(
    cut: ReplacedFilters, filters: Any, images: np.ndarray, labels: np.ndarray, progress: bool
) -> np.ndarray:
    """Which images each set of filters classifies correctly, bool `(S, N)`; arguments as in `accuracy_of_sets`.

    The part below the layer is computed once per chunk of images.
    """

    def right(entering, past, labels, kernel):
        predictions = ops.argmax(cut.leave(cut.convolve(entering, kernel), past), axis=-1)
        return ops.equal(ops.cast(predictions, "int32"), labels)

    right, below = backend.compile(right), backend.compile_model(cut.parts.below)
    found = np.empty((len(filters), len(images)), bool)
    with progress_bar(f"testing filters of {cut.name}", len(images), progress) as advance:
        for at in slices(len(images), CHUNK):
            entering, past = cut.parts.separate(below(images[at]))
            answers = ops.convert_to_tensor(labels[at], "int32")
            for row, kernel in zip(found, filters, strict=True):
                row[at] = ops.convert_to_numpy(right(entering, past, answers, kernel))
            advance(at.stop - at.start)
    return found
