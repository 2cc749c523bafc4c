"""A network that says which half of an image is brighter, and images for it."""

import keras
import numpy as np

import kinv


def brighter_half(channels=1, side=8):
    """Images `(B, side, side, channels)` to the mean values of the upper and the lower half."""
    inputs = keras.Input((side, side, channels))
    halves = keras.layers.AveragePooling2D((side // 2, side))(inputs)
    outputs = keras.layers.Flatten()(halves)
    if channels > 1:
        weights = np.kron(np.eye(2), np.ones((channels, 1)) / channels)
        dense = keras.layers.Dense(2, use_bias=False, name="mean")
        outputs = dense(outputs)
        dense.set_weights([weights.astype("float32")])
    return kinv.wrap(keras.Model(inputs, outputs, name="halves"), class_names=["upper", "lower"])


def images_of_halves(count, channels=1, side=8):
    """As many images, by turns bright in the upper and in the lower half, and their labels."""
    pixels = np.random.default_rng(0).uniform(0, 60, (count, side, side, channels)).astype("float32")
    pixels[::2, : side // 2] += 150
    pixels[1::2, side // 2 :] += 150
    return pixels, np.arange(count) % 2
