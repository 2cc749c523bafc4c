"""What a method is trained with, checked before training starts: a whole array, or the first batch of a data set."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kinv.arrays import as_array
from kinv.classifiers.preflight import IMAGES, Preflight, check_sample
from kinv.data.checks import check_images, checked_vectors, class_indices
from kinv.surgery.contract import check_logits

HELD_OUT = "validation_data"


def checked_data(
    classifier: keras.Model, x: Any, y: Any, preflight: bool, name: str = "images"
) -> tuple[Any, Any, Preflight | None]:
    """Images and labels as `fit` takes them, labels of an array as class indices; and what a preflight found.

    Args:
        classifier: the network.
        x: an array `(N, H, W, C)` in 0..255, all of which is checked; a `tf.data.Dataset` or a `keras.utils.PyDataset`,
            of which the first batch is; or anything else that Keras takes.
        y: labels of an array, or None.
        preflight: whether to look at some of the images with the network, see `kinv.preflight`.
        name: what messages call the images.

    Raises:
        ValueError: images or labels that can't be used, or that do not fit the network; no network of logits.
    """
    check_logits(classifier)
    images, labels = _first(x, y, name)
    if images is None:
        return x, y, None
    check_images(images, name, shape=classifier.input_shape[1:])
    if labels is not None:
        labels = class_indices(labels, len(images), classifier.output_shape[-1])
    found = None
    if preflight:
        some = np.unique(np.linspace(0, len(images) - 1, IMAGES).astype(int))
        found = check_sample(classifier, images[some], None if labels is None else labels[some]).enforce()
    if _is_stream(x):
        return x, y, found
    return images if isinstance(x, (list, tuple)) else x, labels, found


def checked_validation(classifier: keras.Model, validation: Any) -> Any:
    """The `validation_data` of `fit`, with labels of an array as class indices.

    Raises:
        ValueError: images or labels that can't be used.
    """
    if validation is None:
        return None
    if not isinstance(validation, (tuple, list)):
        return checked_data(classifier, validation, None, preflight=False, name=HELD_OUT)[0]
    images, labels, weights = keras.utils.unpack_x_y_sample_weight(tuple(validation))
    images, labels, _ = checked_data(classifier, images, labels, preflight=False, name=HELD_OUT)
    return images, labels, *(() if weights is None else (weights,))


def check_image_data(x: Any, validation: Any, shape: Sequence[int | None]) -> None:
    """Checks the images `(N, *shape)` in 0..255 of a model without a classifier.

    Raises:
        ValueError: images of another shape or range.
    """
    for images, name in _both(x, validation, "images"):
        check_images(images, name, shape=shape)


def check_vector_data(x: Any, validation: Any, width: int, unit_range: bool) -> None:
    """Checks vectors `(N, width)`.

    Raises:
        ValueError: if data is empty, of another shape, not finite, or outside 0..1 with `unit_range`.
    """
    for vectors, name in _both(x, validation, "x"):
        checked_vectors(vectors, width, name, unit_range=unit_range)


def _both(x, validation, name):
    held_out = validation[0] if isinstance(validation, (tuple, list)) and validation else validation
    for data, of in ((x, name), *([] if validation is None else [(held_out, HELD_OUT)])):
        values, _ = _first(data, None, of)
        if values is not None:
            yield values, f"the first batch of {of}" if _is_stream(data) else of


def _is_stream(x):
    return isinstance(x, (tf.data.Dataset, keras.utils.PyDataset))


def _first(x, y, name):
    """The values and labels of arrays, or of a data set's first batch; None for what Keras alone can look into."""
    if x is None:
        raise ValueError(f"{name} must be an array or a data set, received None")
    if _is_stream(x):
        first = next(iter(x.take(1)), None) if isinstance(x, tf.data.Dataset) else x[0] if len(x) else None
        if first is None:
            raise ValueError(f"{name} must hold at least one batch, received an empty data set.")
        x, y, _ = keras.utils.unpack_x_y_sample_weight(first)
    if isinstance(x, dict):
        raise ValueError(
            f"{name} must be an array or a data set of (images, labels), received a dict with the keys {sorted(x)}: "
            "pass its values, such as by .map(lambda e: (e['image'], e['label']))"
        )
    is_array = isinstance(x, (list, tuple)) or hasattr(x, "__array__")
    return as_array(x, name) if is_array else None, y
