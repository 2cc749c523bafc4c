"""Endless shuffled batches whose order depends on the seed and the step alone, so that training can be resumed."""

import functools
import itertools
from typing import Any

import numpy as np


def shuffled_batches(images: Any, labels: np.ndarray, batch_size: int, seed: int, first_step: int = 0) -> Any:
    """A `tf.data.Dataset` of `(images, labels)` batches, for ever; every pass over the images has its own order.

    Args:
        images: `(N, H, W, C)`, an array or what has `len` and `shape` and takes a list of indices like one.
        labels: `(N,)`.
        batch_size: images a batch; a batch may reach into the next pass.
        seed: of the orders.
        first_step: batches to leave out at the start, where training goes on.

    Raises:
        ValueError: no images, or another number of labels.
    """
    if len(images) == 0 or len(images) != len(labels):
        raise ValueError(
            f"expected as many labels as images and at least one, received {len(images)} and {len(labels)}"
        )
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
