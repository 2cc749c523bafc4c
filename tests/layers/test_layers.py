"""Layers of the Invariant Transformer Net and AlexNet: configuration, errors, and what they compute."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kinv import layers
from kinv.ops.affine import affine_sample


@pytest.mark.parametrize(
    "layer",
    [
        layers.SpatialTransformer("reflect", name="a"),
        layers.ColorTransformer(name="b"),
        layers.MatrixGenerator(3, 4, (5, 6), seed=3, name="c"),
        layers.LocalResponseNormalization(1, 0.1, 0.5, 2.0, name="d"),
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


def test_matrices_start_near_the_identity_and_depend_on_k():
    generator = layers.MatrixGenerator(2, 3, seed=1)
    k = np.array([[0, 0], [1, 1], [0, 1]], "float32")
    matrices = keras.ops.convert_to_numpy(generator(k))
    difference = np.linalg.norm(matrices - np.eye(2, 3), axis=(1, 2))
    assert (difference > 0).all() and difference.max() < 0.3
    assert np.abs(matrices[0] - matrices[1]).max() > 0


def test_the_gain_scales_the_difference_from_the_identity():
    k = np.random.default_rng(0).uniform(size=(5, 2)).astype("float32")
    whole, quarter = (np.asarray(layers.MatrixGenerator(3, 4, seed=1, gain=gain)(k)) for gain in (1.0, 0.25))
    np.testing.assert_allclose(quarter - np.eye(3, 4), 0.25 * (whole - np.eye(3, 4)), atol=1e-6)


def test_the_same_seed_gives_the_same_generator():
    k = np.ones((1, 2), "float32")
    first, second, other = (layers.MatrixGenerator(2, 3, seed=seed)(k) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_local_response_normalization_is_tensorflows(random):
    inputs = random.normal(size=(2, 3, 4, 10)).astype("float32") * 50
    layer = layers.LocalResponseNormalization(radius=2, alpha=2e-3, beta=0.75, bias=1.0)
    expected = tf.nn.local_response_normalization(inputs, depth_radius=2, bias=1.0, alpha=2e-3, beta=0.75)
    np.testing.assert_allclose(layer(inputs), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.SpatialTransformer("wrap"), "fill"),
        (lambda: layers.MatrixGenerator(0, 3), "positive"),
        (lambda: layers.MatrixGenerator(2, 3, gain=0.0), "gain"),
        (lambda: layers.MatrixGenerator(2, 3, ()), "hidden_units"),
        (lambda: layers.LocalResponseNormalization(radius=-1), "radius"),
    ],
)
def test_wrong_arguments_are_refused_where_they_come_in(make, message):
    with pytest.raises(ValueError, match=message):
        make()
