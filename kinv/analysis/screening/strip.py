"""One image, changed more and more: what is drawn under the axis of a screening's figures."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.classifiers.predict import answers
from kinv.data.checks import as_images
from kinv.data.image_stream import ImageStream
from kinv.ops import Transformation
from kinv.surgery.contract import check_logits

STRIP = 7
BATCH = 32


def transformed_strip(
    transformation: Transformation, image: np.ndarray, magnitudes: Sequence[float], fill: str = "zeros", seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Transforms one image with up to `STRIP` of the magnitudes, evenly spaced where they are, to draw under an axis.

    Args:
        transformation: the one that was screened.
        image: `(H, W, C)` in 0..255.
        magnitudes: the screened magnitudes, `(M,)`.
        fill, seed: as passed to `screen`.

    Returns:
        The chosen magnitudes, `(S,)`, and float32 images, `(S, H, W, C)`.

    Raises:
        ValueError: an image of another shape or range, or no magnitudes.
    """
    image = as_images(np.asarray(image)[None], "image")[0]
    known = np.unique(np.asarray(magnitudes, "float32"))
    if not known.size:
        raise ValueError("magnitudes must hold at least one, received none")
    wanted = np.linspace(known[0], known[-1], STRIP)  # evenly spaced, so that they stand under their places on the axis
    points = known[np.unique(np.abs(known - wanted[:, None]).argmin(axis=1))]
    images = transformation(np.repeat(image[None], len(points), axis=0), points, fill, seed)
    return points, ops.convert_to_numpy(images)


def class_examples(
    classifier: keras.Model, images: Any, labels: Any = None, classes: Sequence[int] = (), use_labels: bool = True
) -> dict[int, np.ndarray]:
    """The first image of each class that the network gets right, to be shown under the curves of that class.

    Args:
        classifier, images, labels, use_labels: as in `screen`. Without labels, predictions are the classes.
        classes: class indices.

    Returns:
        Class to float32 image `(H, W, C)` in 0..255, in the order of `classes`. Classes without such an image are
        left out.
    """
    check_logits(classifier)
    found: dict[int, np.ndarray] = {}
    for batch, truth in ImageStream(classifier, images, labels, use_labels).batches(BATCH):
        predicted, _ = answers(classifier, batch, BATCH)
        right = predicted >= 0 if truth is None else predicted == truth
        for index in set(classes) - set(found):
            which = np.flatnonzero(right & (predicted == index))
            if len(which):
                found[index] = batch[which[0]].astype("float32")
        if len(found) == len(set(classes)):
            break
    return {index: found[index] for index in classes if index in found}
