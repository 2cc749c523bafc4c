"""Endless shuffled batches whose order depends on the seed and the step alone, so that training can be resumed."""

import functools
import itertools
from typing import Any

import numpy as np

from kinv.arrays import REAL_OR_BOOL, check_numbers


def shuffled_batches(images: Any, labels: np.ndarray, batch_size: int, seed: int, first_step: int = 0) -> Any:
    """An endless `tf.data.Dataset` of `(images, labels)` batches; every epoch has its own order.

    Args:
        images: `(N, H, W, C)`, an array, or an object with `len` and `shape` that can be indexed by a list like one.
        labels: `(N,)`.
        batch_size: images per batch; a batch may extend into the next epoch.
        seed: seed of the orders.
        first_step: number of batches to skip at the start when training is resumed.

    Raises:
        ValueError: if there are no images, they are not finite real numbers, or the number of labels differs.
    """
    if not hasattr(images, "shape") or not images.shape:
        raise ValueError(f"images must be an array (N, ...), received a {type(images).__name__}")
    if len(images) == 0 or len(images) != len(labels):
        raise ValueError(
            f"expected as many labels as images, and at least one image; received {len(images)} images and "
            f"{len(labels)} labels"
        )
    if isinstance(images, np.ndarray):
        check_numbers(images, "images", kinds=REAL_OR_BOOL)
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    import tensorflow as tf

    @functools.lru_cache(maxsize=2)
    def order(number):
        return np.random.default_rng([seed, number]).permutation(len(images))

    def generate():
        for step in itertools.count(first_step):
            positions = np.arange(step * batch_size, (step + 1) * batch_size)
            passes = positions // len(images)
            chosen = np.concatenate(
                [order(number)[positions[passes == number] % len(images)] for number in np.unique(passes).tolist()]
            )
            yield images[chosen].astype("float32", copy=False), labels[chosen]

    specs = (
        tf.TensorSpec((batch_size, *images.shape[1:]), "float32"),
        tf.TensorSpec((batch_size,), tf.as_dtype(labels.dtype)),
    )
    return tf.data.Dataset.from_generator(generate, output_signature=specs).prefetch(2)
