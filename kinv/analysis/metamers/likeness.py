"""How alike images and their metamers are: at a layer, in pixels, and to networks.

Shapes as in `Metamers`: `L` layers, `N` images, `M` metamers of each, `O` other images.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.classifiers.predict import answers, resized_for, slices

OTHERS = 8  # images of the null distribution
FEWEST = 10  # values of a layer; independent ones correlate with a standard deviation of a third, and more with fewer


@dataclass(frozen=True)
class LayerLikeness:
    """How alike a layer answers to images, and to their metamers or to other images.

    Attributes:
        correlation: with the metamers, `(N, M)`; NaN at a layer of few values, and where all of an image's are equal.
        null: with other images, `(N, O)`.
        error: squared distance of the metamers' outputs, relative to the variance of the image's, `(N, M)`.
        null_error: that of other images' outputs, `(N, O)`.
    """

    correlation: np.ndarray
    null: np.ndarray
    error: np.ndarray
    null_error: np.ndarray


def outputs_of(network: keras.Model, images: Any) -> Any:
    """The network's outputs for images `(B, ...)`, float32 `(B, D)`."""
    outputs = ops.cast(network(images, training=False), "float32")
    return ops.reshape(outputs, (ops.shape(outputs)[0], -1))


def classes_of(classifier: keras.Model, images: Any) -> Any:
    """The classes of images `(B, ...)`, `(B,)`."""
    return ops.argmax(classifier(images, training=False), axis=-1)


def correlations(first: Any, second: Any) -> np.ndarray:
    """Pearson's correlation of rows `(..., D)`, `(...)`; NaN if all values of a row are equal."""
    first, second = (
        np.asarray(part, "float64") for part in (first, second)
    )  # squares of tiny outputs vanish in float32
    first, second = (part - part.mean(axis=-1, keepdims=True) for part in (first, second))
    norm = np.sqrt(np.square(first).sum(axis=-1) * np.square(second).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(norm > 0, (first * second).sum(axis=-1) / norm, np.nan)


def relative_errors(target: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Mean squared distances of outputs `(..., D)`, in variances of the target's `(D,)`, if it has any, `(...)`."""
    return np.square(outputs - target).mean(axis=-1, dtype="float64") / (target.var(dtype="float64") or 1.0)


def layer_likeness(
    network: keras.Model, images: np.ndarray, found: np.ndarray, known: np.ndarray, at_a_time: int
) -> LayerLikeness:
    """How alike a layer's outputs for images are to those for their metamers, and to those for other images.

    Args:
        network: from images to the layer's outputs.
        images: `(N, H, W, C)`.
        found: their metamers, `(N, M, H, W, C)`.
        known: the other images; an image that is among them is not its own other.
        at_a_time: images at a time.
    """
    some = known[: OTHERS + 1]
    different = np.array([[not np.array_equal(image, other) for other in some] for image in images])
    count = min(OTHERS, int(different.sum(axis=1).min()))
    of_others = np.concatenate([_outputs(network, some[at]) for at in slices(len(some), at_a_time)])
    with_metamers, with_others = np.empty((2, *found.shape[:2])), np.empty((2, len(images), count))
    for at in slices(len(images), at_a_time):
        targets = _outputs(network, images[at])
        for member in range(found.shape[1]):
            outputs = _outputs(network, found[at, member])
            for index, target, one in zip(range(at.start, at.stop), targets, outputs, strict=True):
                with_metamers[:, index, member] = _compared(target, one)
        for index, target in zip(range(at.start, at.stop), targets, strict=True):
            with_others[:, index] = _compared(target, of_others[np.flatnonzero(different[index])[:count]])
    return LayerLikeness(with_metamers[0], with_others[0], with_metamers[1], with_others[1])


def _outputs(network, images):
    return ops.convert_to_numpy(outputs_of(network, images))


def _compared(target, outputs):
    """Correlations of outputs `(..., D)` with the target's `(D,)`, and their relative errors: `(2, ...)`."""
    alike = correlations(target, outputs)
    known = alike if len(target) >= FEWEST else np.full_like(alike, np.nan)
    return np.stack([known, relative_errors(target, outputs)])


def pixel_likeness(images: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correlations and root mean squared differences of pixels of images `(N, ...)` and metamers `(N, M, ...)`."""
    flat, others = images.reshape(len(images), 1, -1), found.reshape(*found.shape[:2], -1)
    return correlations(flat, others), np.sqrt(np.square(flat - others).mean(axis=-1))


def predictions_kept(classifier: keras.Model, images: np.ndarray, found: np.ndarray, at_a_time: int) -> np.ndarray:
    """Whether a classifier says the same of images `(N, ...)` and of their metamers `(N, M, ...)`: bool `(N, M)`."""
    original, _ = answers(classifier, resized_for(classifier, images), at_a_time)
    of_found, _ = answers(classifier, resized_for(classifier, found.reshape(-1, *images.shape[1:])), at_a_time)
    return of_found.reshape(found.shape[:2]) == original[:, None]
