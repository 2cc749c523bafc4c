"""The average over generated filters, as a layer in place of a convolution."""

import keras
import numpy as np
import pytest

from kinv.layers import InvariancePooling
from kinv.models import FilterGAN

from .test_model import shown, small_classifier

DRAWS = 4


def convolution(**options):
    layer = keras.layers.Conv2D(6, 3, activation="relu", bias_initializer="random_normal", name="replaced", **options)
    layer.build((None, 9, 8, 4))
    return layer


def kernels(random, channels=4):
    return random.normal(size=(DRAWS, 3, 3, channels, 6)).astype("float32")


@pytest.mark.parametrize("options", [{"strides": 2, "padding": "same"}, {"dilation_rate": 2}, {"groups": 2}], ids=str)
def test_it_is_the_mean_of_the_outputs_before_the_activation(options, random):
    layer, inputs = convolution(**options), random.normal(size=(2, 9, 8, 4)).astype("float32")
    drawn = kernels(random, 4 // options.get("groups", 1))
    pooling = InvariancePooling.like(layer, drawn)
    activation, layer.activation = layer.activation, keras.activations.linear
    outputs = []
    for kernel in drawn:
        layer.kernel.assign(kernel)
        outputs.append(np.asarray(layer(inputs)))
    np.testing.assert_allclose(pooling(inputs), activation(np.mean(outputs, axis=0)), atol=1e-5)
    assert not pooling.trainable_variables


def test_stochastic_every_image_passes_one_set_in_training_only(random):
    layer, drawn = convolution(), kernels(random)
    inputs = np.repeat(random.normal(size=(1, 9, 8, 4)).astype("float32"), 40, axis=0)
    pooling = InvariancePooling.like(layer, drawn, stochastic=True, seed=3)
    alone = []
    for kernel in drawn:
        layer.kernel.assign(kernel)
        alone.append(np.asarray(layer(inputs[:1]))[0])
    trained = np.asarray(pooling(inputs, training=True))
    nearest = [min(range(DRAWS), key=lambda draw: np.abs(alone[draw] - output).max()) for output in trained]
    for output, draw in zip(trained, nearest, strict=True):
        np.testing.assert_allclose(output, alone[draw], atol=1e-5)
    assert set(nearest) == set(range(DRAWS))
    np.testing.assert_allclose(pooling(inputs), InvariancePooling.like(layer, drawn)(inputs), atol=1e-6)


def test_in_a_classifier_it_takes_the_convolutions_place(tmp_path):
    classifier = small_classifier()
    gan = FilterGAN(classifier, "replaced", latent_dim=3, width=8, hidden_units=(16,))
    pooled = gan.pooled_classifier(draws=DRAWS, seed=1)
    z = gan.draw_codes(DRAWS, 1)
    expected = gan.cut.model.copy(np.mean(gan.generate_filters(z), axis=0))
    np.testing.assert_allclose(pooled(shown(5)), expected(shown(5)), rtol=1e-4, atol=1e-3)
    assert isinstance(pooled.get_layer("replaced"), InvariancePooling)
    pooled.save(tmp_path / "pooled.keras")
    again = keras.saving.load_model(tmp_path / "pooled.keras")
    np.testing.assert_array_equal(again(shown(5)), pooled(shown(5)))
    with pytest.raises(ValueError, match="draws must be at least 1, received 0"):
        gan.pooling(0)


def test_in_a_network_of_networks_too():
    outer = keras.Input((8, 8, 1))
    inner = small_classifier()
    classifier = keras.Model(outer, keras.layers.Dense(3)(inner(outer)))
    gan = FilterGAN(classifier, "replaced", latent_dim=3, width=8, hidden_units=(16,))
    kernel = np.asarray(gan.cut.model.kernel())
    np.testing.assert_allclose(gan.cut.model.copy(kernel)(shown(5)), classifier(shown(5)), rtol=1e-5)
    pooling = InvariancePooling.like(gan.cut.model.layer, np.stack([kernel, kernel]))
    np.testing.assert_allclose(gan.cut.model.copy_with(pooling)(shown(5)), classifier(shown(5)), rtol=1e-4)


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="kernels_shape must be"):
        InvariancePooling((3, 3, 4, 6))
    with pytest.raises(ValueError, match="padding"):
        InvariancePooling((2, 3, 3, 4, 6), padding="full")
