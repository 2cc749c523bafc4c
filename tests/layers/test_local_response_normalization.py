"""AlexNet's normalization: configuration, errors, and what it computes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kinv import layers


def test_a_layer_survives_its_configuration():
    layer = layers.LocalResponseNormalization(1, 0.1, 0.5, 2.0, name="d")
    config = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()


def test_local_response_normalization_is_tensorflows(random):
    inputs = random.normal(size=(2, 3, 4, 10)).astype("float32") * 50
    layer = layers.LocalResponseNormalization(radius=2, alpha=2e-3, beta=0.75, bias=1.0)
    expected = tf.nn.local_response_normalization(inputs, depth_radius=2, bias=1.0, alpha=2e-3, beta=0.75)
    np.testing.assert_allclose(layer(inputs), expected, rtol=1e-5)


def test_wrong_arguments_are_refused_where_they_come_in():
    with pytest.raises(ValueError, match="radius"):
        layers.LocalResponseNormalization(radius=-1)
