"""How alike images and their metamers are: at a layer, in pixels, and to networks.

Shapes as in `Metamers`: `L` layers, `N` images, `M` metamers of each, `O` other images.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.classifiers.predict import answers, resized_for, slices

OTHERS = 8  # images of the null distribution


def outputs_of(network: keras.Model, images: Any) -> Any:
    """The network's outputs for images `(B, ...)`, float32 `(B, D)`."""
    outputs = ops.cast(network(images, training=False), "float32")
    return ops.reshape(outputs, (ops.shape(outputs)[0], -1))


def correlations(first: Any, second: Any) -> np.ndarray:
    """Pearson's correlation of rows `(..., D)`, `(...)`; NaN if all values of a row are equal."""
    first, second = (
        np.asarray(part, "float64") for part in (first, second)
    )  # squares of tiny outputs vanish in float32
    first, second = (part - part.mean(axis=-1, keepdims=True) for part in (first, second))
    norm = np.sqrt(np.square(first).sum(axis=-1) * np.square(second).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(norm > 0, (first * second).sum(axis=-1) / norm, np.nan)


def layer_correlations(
    network: keras.Model, images: np.ndarray, found: np.ndarray, known: np.ndarray, at_a_time: int
) -> tuple[np.ndarray, np.ndarray]:
    """Correlations of a layer's outputs for images, `(N, M)` with their metamers and `(N, O)` with other images.

    Args:
        network: from images to the layer's outputs.
        images: `(N, H, W, C)`.
        found: their metamers, `(N, M, H, W, C)`.
        known: the other images; an image that is among them at its own place is not its own other.
        at_a_time: images at a time.
    """
    own = known is images
    some = known[: OTHERS + own]
    others = np.concatenate(
        [ops.convert_to_numpy(outputs_of(network, some[at])) for at in slices(len(some), at_a_time)]
    )
    count = len(some) - own
    with_metamers, with_others = np.empty(found.shape[:2]), np.empty((len(images), count))
    for at in slices(len(images), at_a_time):
        target = ops.convert_to_numpy(outputs_of(network, images[at]))
        for member in range(found.shape[1]):
            outputs = ops.convert_to_numpy(outputs_of(network, found[at, member]))
            with_metamers[at, member] = correlations(target, outputs)
        for index, row in zip(range(at.start, at.stop), target, strict=True):
            chosen = [place for place in range(len(some)) if not own or place != index][:count]
            with_others[index] = correlations(row, others[chosen])
    return with_metamers, with_others


def pixel_likeness(images: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correlations and root mean squared differences of pixels of images `(N, ...)` and metamers `(N, M, ...)`."""
    flat, others = images.reshape(len(images), 1, -1), found.reshape(*found.shape[:2], -1)
    return correlations(flat, others), np.sqrt(np.square(flat - others).mean(axis=-1))


def predictions_kept(classifier: keras.Model, images: np.ndarray, found: np.ndarray, at_a_time: int) -> np.ndarray:
    """Whether a classifier says the same of images `(N, ...)` and of their metamers `(N, M, ...)`: bool `(N, M)`."""
    original, _ = answers(classifier, resized_for(classifier, images), at_a_time)
    of_found, _ = answers(classifier, resized_for(classifier, found.reshape(-1, *images.shape[1:])), at_a_time)
    return of_found.reshape(found.shape[:2]) == original[:, None]
