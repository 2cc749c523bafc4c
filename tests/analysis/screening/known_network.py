"""Shared by the tests of the screening: a network whose critical points are known, and images for it."""

import keras
import numpy as np
from keras import layers

import kinv

SMALL = {"brightness": [-0.4, -0.2, 0, 0.2, 0.4], "rotation": [0, 90, 180]}


def threshold_classifier(threshold=127.5, slope=0.5):
    """Two classes: dark and bright; the border is a mean of `threshold` grey levels."""
    inputs = layers.Input((8, 8, 3))
    means = layers.GlobalAveragePooling2D()(inputs)
    logits = layers.Dense(2, name="logits")
    model = keras.Model(inputs, logits(means), name="threshold")
    kernel = np.array([[-1, 1]] * 3, "float32") * slope / 3
    logits.set_weights([kernel, np.array([threshold, -threshold], "float32") * slope])
    return model


def screen(images, labels=None, **options):
    options = {"transformations": list(SMALL), "magnitudes": SMALL, "batch_size": 7, **options}
    return kinv.screen(threshold_classifier(), images, labels, **options)
