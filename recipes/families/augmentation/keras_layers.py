"""Keras's RandAugment and AugMix as augmentations that a seed determines."""

import functools
import random
from typing import Any

import keras
import numpy as np

GROUP = 64  # images of a call: Keras draws which operations there are once for each call, their sizes for each image


class RandAugment:
    """`keras.layers.RandAugment` (Cubuk et al. 2019): two operations in a row.

    Args:
        strength: the layer's factor, 0..1.
    """

    def __init__(self, strength: float):
        self.layer, self.compiled = _rand_augment(strength)

    def augment(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Images `(B, H, W, C)` in 0..255, changed; the same seed gives the same images."""
        _seed(self.layer, seed)
        return _in_groups(self.compiled, images)


class AugMix:
    """`keras.layers.AugMix` (Hendrycks et al. 2019): a mixture of three chains of operations.

    The layer draws its operations from Python's own generator, which is seeded here and put back afterwards. In a
    compiled function the operations would be those of the first call for ever, so it is not compiled.

    Args:
        strength: the layer's factor, 0..1.
    """

    def __init__(self, strength: float):
        self.layer = keras.layers.AugMix(value_range=(0, 255), factor=strength, seed=0)

    def augment(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Images `(B, H, W, C)` in 0..255, changed; the same seed gives the same images."""
        before = random.getstate()
        random.seed(seed)
        _seed(self.layer, seed)
        try:
            return _in_groups(lambda some: self.layer(some, training=True), images)
        finally:
            random.setstate(before)


@functools.lru_cache
def _rand_augment(strength: float) -> tuple[Any, Any]:
    """The layer and its compiled call; tracing takes seconds."""
    import tensorflow as tf

    layer = keras.layers.RandAugment(value_range=(0, 255), factor=strength, seed=0)
    return layer, tf.function(lambda images: layer(images, training=True))


def _seed(layer: Any, seed: int) -> None:
    layer.generator.state.assign(keras.random.SeedGenerator(seed).state)


def _in_groups(changed: Any, images: np.ndarray) -> np.ndarray:
    """The last group is filled up with the first images, so that all have the same shape."""
    count = len(images)
    filled = np.resize(np.arange(count), -(-count // GROUP) * GROUP)
    groups = np.asarray(images, "float32")[filled].reshape(-1, GROUP, *images.shape[1:])
    parts = [np.asarray(keras.ops.convert_to_numpy(changed(group))) for group in groups]
    return np.concatenate(parts)[:count].clip(0, 255).astype("float32")
