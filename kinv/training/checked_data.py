"""What a method is trained with, checked before training starts: whole arrays, and of a stream the first batch.

The other batches of a stream are checked as they are read, see `checked_stream`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from kinv.arrays import as_array
from kinv.classifiers.preflight import IMAGES, Preflight, check_sample
from kinv.data.checks import check_images, check_range, checked_vectors, class_indices
from kinv.surgery.contract import check_logits

from .checked_stream import first_batch, is_stream, is_watched, watched

HELD_OUT = "validation_data"


def checked_data(
    classifier: keras.Model, x: Any, y: Any, preflight: bool, name: str = "images"
) -> tuple[Any, Any, Preflight | None]:
    """Images and labels as `fit` takes them, labels of an array as class indices; and what a preflight found.

    Args:
        classifier: the network.
        x: an array `(N, H, W, C)` in 0..255, all of which is checked; a `tf.data.Dataset`, a `keras.utils.PyDataset` or
            a generator, of which the first batch is, and the others when they are read; or anything else that Keras
            takes, such as PyTorch's loaders, which is not.
        y: labels of an array, or None.
        preflight: whether to look at some of the images with the network, see `kinv.preflight`.
        name: what messages call the images.

    Raises:
        ValueError: images or labels that can't be used, or that do not fit the network; no network of logits.
    """
    check_logits(classifier)
    shape, classes = classifier.input_shape[1:], classifier.output_shape[-1]

    def check(images, labels):
        check_range(images, f"a batch of {name}", shape=shape)
        if labels is not None:
            class_indices(labels, len(images), classes, f"labels of a batch of {name}")

    images, labels, x = _first(x, y, name, check)
    if images is None:
        return x, y, None
    check_images(images, name, shape=shape)
    if labels is not None:
        labels = class_indices(labels, len(images), classes)
    found = None
    if preflight:
        some = np.unique(np.linspace(0, len(images) - 1, IMAGES).astype(int))
        found = check_sample(classifier, images[some], None if labels is None else labels[some]).enforce()
    if is_stream(x):
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


def checked_image_data(x: Any, validation: Any, shape: Sequence[int | None]) -> tuple[Any, Any]:
    """Images `(N, *shape)` in 0..255 and `validation_data` of a model without a classifier, as `fit` takes them.

    Raises:
        ValueError: images of another shape or range.
    """
    return _both(
        x,
        validation,
        "images",
        lambda images, name: check_images(images, name, shape=shape),
        lambda images, name: check_range(images, name, shape=shape),
    )


def checked_vector_data(x: Any, validation: Any, width: int, unit_range: bool) -> tuple[Any, Any]:
    """Vectors `(N, width)` and `validation_data`, as `fit` takes them.

    Raises:
        ValueError: if data is empty, of another shape, not finite, or outside 0..1 with `unit_range`.
    """

    def check(vectors, name):
        checked_vectors(vectors, width, name, unit_range=unit_range)

    return _both(x, validation, "x", check, check)


def _both(x, validation, name: str, check: Callable[[Any, str], Any], later: Callable[[Any, str], Any]):
    """Both, checked; `later` is for batches after the first."""

    def checked(data, of):
        values, _, data = _first(data, None, of, lambda values, _: later(values, f"a batch of {of}"))
        if values is not None:
            check(values, f"the first batch of {of}" if is_stream(data) else of)
        return data

    x = checked(x, name)
    if isinstance(validation, (tuple, list)) and validation:
        return x, (checked(validation[0], HELD_OUT), *validation[1:])
    return x, None if validation is None else checked(validation, HELD_OUT)


def _first(x, y, name, check):
    """The values and labels of arrays, or of a stream's first batch, None for what Keras alone can look into; and x.

    The later batches of a stream are watched by `check`.
    """
    if x is None:
        raise ValueError(f"{name} must be an array or a data set, received None")
    if is_watched(x):
        return None, y, x
    if is_stream(x):
        first, x = first_batch(x)
        if first is None:
            raise ValueError(f"{name} must hold at least one batch, received an empty data set.")
        values, y, _ = keras.utils.unpack_x_y_sample_weight(first)
        x = watched(x, check)
    else:
        values = x
    if isinstance(values, dict):
        raise ValueError(
            f"{name} must be an array or a data set of (images, labels), received a dict with the keys "
            f"{sorted(values)}: pass its values, such as by .map(lambda e: (e['image'], e['label']))"
        )
    is_array = isinstance(values, (list, tuple)) or hasattr(values, "__array__")
    return as_array(values, name) if is_array else None, y, x
