"""Predictions of a classifier, batch by batch: logits, classes, accuracy."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.backend import compile_model
from kinv.data.checks import as_image_source, as_images, class_indices
from kinv.surgery.contract import check_logits


def predict(classifier: keras.Model, images: Any, batch_size: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """The class with the highest logit for every image `(N, H, W, C)` in 0..255, and its softmax output.

    Args:
        classifier: the network, images to logits.
        images: an array, or an object with `shape` and slices like one, of which the first batch is checked.
        batch_size: images at a time.

    Returns:
        Classes, int32 `(N,)`, and softmax outputs, float32 `(N,)`.

    Raises:
        ValueError: images of another shape or range, or not finite; a network that does not return logits.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, received {batch_size}")
    check_logits(classifier)
    images = as_image_source(images, shape=classifier.input_shape[1:], looked_at=batch_size)
    return answers(classifier, images, batch_size)


def answers(classifier: keras.Model, images: Any, batch_size: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """`predict` for images that were checked, or computed."""
    classes, confidence = [], []
    for _, logits in logits_in_batches(classifier, images, batch_size):
        classes.append(np.argmax(logits, axis=-1))
        confidence.append(np.max(ops.convert_to_numpy(ops.softmax(logits)), axis=-1))
    return np.concatenate(classes).astype("int32"), np.concatenate(confidence)


def logits_in_batches(classifier: keras.Model, images: Any, batch_size: int = 50) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields, batch by batch, a slice of the images `(N, H, W, C)`, which were checked, and their logits.

    Raises:
        ValueError: logits that are not finite.
    """
    logits = compile_model(classifier)
    for at in slices(len(images), batch_size):
        yield at, finite(ops.convert_to_numpy(logits(images[at])), classifier.name)


def finite(logits: np.ndarray, name: str) -> np.ndarray:
    """These logits; raises a ValueError if they are not finite: NaN would count as class 0."""
    if not np.isfinite(logits).all():
        raise ValueError(
            f"{name!r} returned NaN or infinity, expected finite logits: check its weights and precision, and the "
            "range of the images."
        )
    return logits


def predict_classes(classifier: keras.Model, images: np.ndarray, batch_size: int = 50) -> np.ndarray:
    """The class with the highest logit for every image `(N, H, W, C)` in 0..255, int32 `(N,)`."""
    return predict(classifier, images, batch_size)[0]


def accuracy(classifier: keras.Model, images: np.ndarray, labels: np.ndarray, batch_size: int = 50) -> float:
    """Share of images `(N, H, W, C)` in 0..255 whose highest logit is at the label.

    Args:
        classifier: the network, images to logits.
        images: `(N, H, W, C)` in 0..255.
        labels: class indices `(N,)` or `(N, 1)`, or one-hot `(N, classes)`.
        batch_size: images at a time.

    Raises:
        ValueError: images of another shape or range, or labels that are not the network's classes; a network that does
            not return logits.
    """
    check_logits(classifier)
    images = as_images(images, shape=classifier.input_shape[1:])
    labels = class_indices(labels, len(images), classifier.output_shape[-1])
    return float(np.mean(answers(classifier, images, batch_size)[0] == labels))


def resized_for(classifier: keras.Model, images: np.ndarray) -> np.ndarray:
    """Images `(N, H, W, C)` in 0..255 resized to the network's input size, if that is fixed.

    Raises:
        ValueError: images of another shape or range.
    """
    images = as_images(images, shape=(None, None, classifier.input_shape[-1]))
    size = classifier.input_shape[1:3]
    if None in size or images.shape[1:3] == size:
        return images
    return ops.convert_to_numpy(
        ops.image.resize(images.astype("float32", copy=False), size, antialias=True, data_format="channels_last")
    )


def slices(count: int, size: int) -> list[slice]:
    """Slices of at most `size`, of `count` images."""
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]
