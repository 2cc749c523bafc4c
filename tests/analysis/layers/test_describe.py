"""What is said of a layer is what happens when it is used."""

import keras
import numpy as np
import pytest
from keras import layers

import kinv
from kinv.models import FilterGAN, StackedDenoisingAutoencoder, target
from kinv.models.coupled_generator.objective_scores import TargetScores


def odd_network():
    """A layer of every kind that a method might refuse, some of them in a nested model of any size."""
    inner_images = keras.Input((None, None, 4))
    inner = layers.Conv2D(4, 3, padding="same", name="inner", activation="tanh")(inner_images)
    inner = keras.Model(inner_images, layers.DepthwiseConv2D(3, name="depthwise")(inner), name="block")
    images = keras.Input((20, 20, 3))
    x = layers.Conv2D(4, 3, strides=2, activation="relu", name="strided")(images)
    shared = layers.Conv2D(4, 1, name="shared")
    x = inner(shared(shared(x)))
    x = layers.Conv2D(4, 1, groups=2, name="grouped")(x)
    x = layers.Conv2D(4, 2, kernel_initializer="zeros", name="zero")(x)
    x = layers.Add(name="sum")([x, layers.SeparableConv2D(4, 1, name="separable")(x)])
    x = layers.Permute((3, 1, 2), name="turned")(x)
    x = layers.Conv2D(3, 1, data_format="channels_first", name="first")(x)
    x = layers.Reshape((-1, 3), name="rows")(x)
    return keras.Model(images, layers.Dense(2, name="logits")(layers.GlobalAveragePooling1D(name="pool")(x)))


@pytest.fixture(scope="module")
def network():
    return odd_network()


def test_what_is_said_is_what_happens(network):
    found = kinv.describe_layers(network)
    for layer in found:
        attempts = {
            "maximize_activation": lambda name: kinv.analysis.tap(network, name),
            "coupled_generator": lambda name: TargetScores(network, [target.unit(name, 0)]),
            "filter_gan": lambda name: FilterGAN(network, name, hidden_units=(2,), width=2),
        }
        for method, attempt in attempts.items():
            if method in layer.usable_for:
                attempt(layer.name)
            else:
                with pytest.raises(ValueError) as caught:
                    attempt(layer.name)
                assert str(caught.value) == layer.refused[method]
    assert {layer.name for layer in found if "filter_gan" in layer.usable_for} == {
        "strided",
        "inner",
        "depthwise",
        "grouped",
    }


def test_order_shapes_and_places(network):
    found = kinv.describe_layers(network)
    names = [layer.name for layer in found]
    assert names[:5] == ["strided", "shared", "inner", "depthwise", "grouped"] and names[-2:] == ["pool", "logits"]
    assert found["inner"].inside == ("block",) and found["inner"].activation == "tanh"
    assert found["inner"].output_shape == (9, 9, 4) and found["depthwise"].output_shape == (7, 7, 4)
    assert found["grouped"].parameters == 4 * 2 + 4 and found["logits"].units == 2 and found["rows"].units == 0
    table = found.to_frame()
    assert list(table["name"]) == names and "called once" in table.set_index("name").loc["shared", "filter_gan"]
    assert len(repr(found)) < 200
    with pytest.raises(KeyError, match=r"unknown layer 'gruoped' of .*: did you mean grouped"):
        found["gruoped"]


def test_weights_that_are_not_finite_and_inputs_that_are_no_images(network):
    broken = odd_network()
    broken.get_layer("grouped").bias.assign(np.full(4, np.nan))
    found = kinv.describe_layers(broken)
    assert found["strided"].units == 4 and "finite" in found["logits"].refused["maximize_activation"]
    stack = kinv.describe_layers(StackedDenoisingAutoencoder((6, 5, 4)))
    assert stack["hidden2"].usable_for == ("maximize_activation",)
    assert "must take images" in stack["hidden2"].refused["coupled_generator"]
