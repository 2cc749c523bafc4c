"""A tap finds what units receive before their nonlinearity, wherever that is in a network."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kinv.models import DeepBeliefNetwork, StackedDenoisingAutoencoder
from kinv.surgery.tap import tap

IMAGES = np.random.default_rng(0).uniform(0, 255, (3, 8, 8, 2)).astype("float32")


def randomized(model):
    random = np.random.default_rng(1)
    model.set_weights([0.3 + 0.1 * np.abs(random.normal(size=weights.shape)) for weights in model.get_weights()])
    return model


def convolutional():
    images = keras.Input((8, 8, 2))
    x = layers.Conv2D(3, 3, activation="relu", name="fused")(layers.Rescaling(1 / 255)(images))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, name="bare")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.ReLU(name="relu")(x)
    x = layers.Add(name="sum")([x, layers.Conv2D(4, 1, name="shortcut")(x)])
    x = layers.Activation("tanh", name="tanh")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return randomized(keras.Model(images, layers.Dense(5, "softmax", name="softmax")(x)))


def output_of(model, name):
    return ops.convert_to_numpy(keras.Model(model.input, model.get_layer(name).output)(IMAGES, training=False))


@pytest.mark.parametrize("layer, same_as", [("bare", "norm"), ("norm", "norm"), ("relu", "norm"), ("tanh", "sum")])
def test_normalisation_belongs_to_the_total_input_and_a_nonlinearity_does_not(layer, same_as):
    model = convolutional()
    found = tap(model, layer, position=(2, 1)).activations(IMAGES)
    np.testing.assert_allclose(found, output_of(model, same_as)[:, 2, 1], rtol=1e-5)
    mean = tap(model, layer).activations(IMAGES)
    np.testing.assert_allclose(mean, output_of(model, same_as).mean(axis=(1, 2)), rtol=1e-5)


def test_a_fused_activation_is_left_out():
    model = convolutional()
    kernel, bias = model.get_layer("fused").get_weights()
    model.get_layer("fused").set_weights([kernel, bias - 5])
    found = ops.convert_to_numpy(tap(model, "fused", position=(0, 0)).activations(IMAGES))
    np.testing.assert_allclose(found, np.einsum("bhwc,hwcf->bf", IMAGES[:, :3, :3] / 255, kernel) + bias - 5, rtol=1e-5)
    assert (found < 0).any()


def test_output_units_are_logits():
    model = convolutional()
    found = ops.convert_to_numpy(tap(model, "softmax").activations(IMAGES))
    np.testing.assert_allclose(ops.softmax(found), model(IMAGES), rtol=1e-5)
    kernel, bias = model.get_layer("softmax").get_weights()
    np.testing.assert_allclose(found, output_of(model, "pool") @ kernel + bias, rtol=1e-5)


def test_a_layer_inside_of_a_model_among_the_layers():
    inner = convolutional()
    images = keras.Input((8, 8, 2))
    outer = keras.Model(images, layers.Dense(2, name="last")(inner(layers.Rescaling(0.5)(images))))
    found = tap(outer, "bare", position=(1, 1)).activations(IMAGES)
    np.testing.assert_allclose(found, tap(inner, "bare", position=(1, 1)).activations(0.5 * IMAGES), rtol=1e-5)
    assert tap(outer, "last").activations(IMAGES).shape == (3, 2)


def test_a_sequential_model():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, "sigmoid", name="a"), layers.Dense(2, name="b")])
    kernel, bias = model.get_layer("a").get_weights()
    x = np.ones((2, 4), "float32")
    np.testing.assert_allclose(tap(model, "a").activations(x), x @ kernel + bias, rtol=1e-5)


@pytest.mark.parametrize("stack", [DeepBeliefNetwork, StackedDenoisingAutoencoder])
def test_stacks_have_a_functional_core(stack):
    model = stack((6, 5, 4))
    x = np.random.default_rng(0).random((3, 6)).astype("float32")
    block = model.blocks[1]
    expected = ops.matmul(model.encode(x, 1), block.kernel) + block.hidden_bias
    np.testing.assert_allclose(tap(model, "hidden2").activations(x), expected, atol=1e-6)
    np.testing.assert_allclose(model.as_functional()(x), model.encode(x), atol=1e-6)


@pytest.mark.parametrize(
    "units, expected",
    [(2, [2]), ([3, 0], [3, 0]), (range(1, 3), [1, 2]), (slice(2, None), [2, 3, 4]), (None, [0, 1, 2, 3, 4])],
)
def test_units_by_index_range_or_all(units, expected):
    model = convolutional()
    tapped = tap(model, "softmax", units)
    np.testing.assert_array_equal(tapped.units, expected)
    everything = ops.convert_to_numpy(tap(model, "softmax").activations(IMAGES))
    np.testing.assert_array_equal(tapped.activations(IMAGES), everything[:, expected])
    one_each = tapped.activation_of(IMAGES, np.array([4, 0, 2], "int32"))
    np.testing.assert_array_equal(one_each, everything[[0, 1, 2], [4, 0, 2]])


def test_tapping_leaves_the_model_as_it_is():
    model = convolutional()
    before = ops.convert_to_numpy(model(IMAGES))
    tapped = tap(model, "softmax")
    assert tapped.input_shape == (8, 8, 2)
    names = [layer.name for layer in model.layers]
    np.testing.assert_array_equal(model(IMAGES), before)
    assert [layer.name for layer in model.layers] == names and model.layers[-1].activation is keras.activations.softmax


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"layer": "fusd"}, r"unknown layer 'fusd' of .*: did you mean fused\? Known: bare, .*softmax"),
        ({"layer": "softmax", "units": 5}, r"must lie in 0..4, received 5"),
        ({"layer": "softmax", "units": [-1]}, r"must lie in 0..4"),
        ({"layer": "softmax", "units": []}, "one or more indices"),
        ({"layer": "softmax", "units": 1.5}, "one or more indices"),
        ({"layer": "bare", "position": (6, 0)}, r"map of 'bare', 6 x 6, received \(6, 0\)"),
        ({"layer": "bare", "position": "middle"}, "'mean' or row and column"),
    ],
)
def test_wrong_requests(settings, message):
    with pytest.raises(ValueError, match=message):
        tap(convolutional(), **settings)


def test_models_whose_layers_cannot_be_tapped():
    class Subclassed(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(ValueError, match="is a Subclassed whose layers can't be tapped"):
        tap(Subclassed(), "a")
    first, second = keras.Input((3,)), keras.Input((3,))
    with pytest.raises(ValueError, match="has 2 inputs, expected 1"):
        tap(keras.Model([first, second], layers.Add(name="sum")([first, second])), "sum")
