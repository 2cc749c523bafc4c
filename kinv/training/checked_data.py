"""The images and labels that a method is trained with on a classifier, checked before training starts."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kinv.classifiers.preflight import IMAGES, Preflight, check_sample
from kinv.data.checks import check_images, class_indices


def checked_data(classifier: keras.Model, x: Any, y: Any, preflight: bool) -> tuple[Any, Any, Preflight | None]:
    """Images and labels as `fit` takes them, labels of an array as class indices; and what a preflight found.

    Args:
        classifier: the network.
        x: an array `(N, H, W, C)` in 0..255, all of which is checked; a `tf.data.Dataset`, of which the first batch is;
            or anything else that Keras takes.
        y: labels of an array, or None.
        preflight: whether to look at some of the images with the network, see `kinv.preflight`.

    Raises:
        ValueError: images or labels that can't be used, or that do not fit the network.
    """
    images, labels = x, y
    if isinstance(x, tf.data.Dataset):
        first = next(iter(x.take(1)), None)
        if first is None:
            raise ValueError("x must hold at least one batch, received an empty data set.")
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(first)
    if not isinstance(images, (np.ndarray, tf.Tensor)):
        return x, y, None
    images = np.asarray(images)
    check_images(images, shape=classifier.input_shape[1:])
    if labels is not None:
        labels = class_indices(labels, len(images), classifier.output_shape[-1])
    some = np.unique(np.linspace(0, len(images) - 1, IMAGES).astype(int))
    found = None
    if preflight:
        found = check_sample(classifier, images[some], None if labels is None else labels[some]).enforce()
    return x, labels if images.shape == getattr(x, "shape", None) else y, found
