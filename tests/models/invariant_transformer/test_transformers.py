"""The spatial and the colour transformer: configuration, errors, and what they compute."""

import keras
import numpy as np
import pytest

from kinv import layers
from kinv.ops.affine import affine_sample


@pytest.mark.parametrize(
    "layer",
    [
        layers.SpatialTransformer("reflect", name="a"),
        layers.ColorTransformer(name="b"),
    ],
)
def test_a_layer_survives_its_configuration(layer):
    config = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()


def test_the_spatial_transformer_samples(images, random):
    matrices = (np.eye(2, 3) + 0.1 * random.normal(size=(4, 2, 3))).astype("float32")
    expected = affine_sample(images, matrices, "nearest")
    np.testing.assert_array_equal(layers.SpatialTransformer("nearest")(images, matrices), expected)


def test_a_shift_of_brightness_leaves_what_is_outside_black():
    images = np.full((1, 2, 2, 3), 100, "float32")
    brighter = np.eye(3, 4, dtype="float32")
    brighter[:, 3] = 0.2
    outside = np.array([[[[1.0], [0.0]], [[1.0], [0.5]]]], "float32")
    result = layers.ColorTransformer()(images * outside, brighter, outside)
    np.testing.assert_allclose(result[0, :, :, 0], [[151, 0], [151, 75.5]], rtol=1e-6)


def test_wrong_arguments_are_refused_where_they_come_in():
    with pytest.raises(ValueError, match="fill"):
        layers.SpatialTransformer("wrap")
