"""What a classifier answers, on one whose answers are known."""

import keras
import numpy as np
import pytest
from keras import layers

from kinv import analysis


def channel_classifier():
    """Says which colour channel is brightest."""
    inputs = layers.Input((8, 8, 3))
    return keras.Model(inputs, layers.GlobalAveragePooling2D()(inputs))


@pytest.fixture
def images(random):
    return random.uniform(0, 255, (30, 8, 8, 3)).astype("float32")


def test_predictions_and_accuracy(images):
    expected = images.mean((1, 2)).argmax(-1)
    np.testing.assert_array_equal(analysis.predict_classes(channel_classifier(), images, 7), expected)
    classes, confidence = analysis.predict(channel_classifier(), images, 7)
    logits = np.asarray(channel_classifier()(images), "float64")
    softmax = np.exp(logits - logits.max(-1, keepdims=True))
    softmax /= softmax.sum(-1, keepdims=True)
    np.testing.assert_array_equal(classes, expected)
    np.testing.assert_allclose(confidence, softmax.max(-1), rtol=1e-4)
    assert (
        analysis.accuracy(channel_classifier(), images, np.where(np.arange(30) < 15, expected, (expected + 1) % 3))
        == 0.5
    )
