"""Outputs of several layers at once, and the stages of a network."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kinv import classifiers
from kinv.surgery.layer_outputs import layer_outputs
from kinv.surgery.stages import stages


def block(name):
    inputs = keras.Input((6, 6, 4))
    x = layers.Conv2D(4, 3, padding="same", name=f"{name}_conv")(inputs)
    x = layers.ReLU(name=f"{name}_relu")(layers.BatchNormalization(name=f"{name}_norm")(x))
    return keras.Model(inputs, layers.Add(name=f"{name}_sum")([x, inputs]), name=name)


@pytest.fixture(scope="module")
def nested():
    inputs = keras.Input((6, 6, 1))
    x = layers.Conv2D(4, 1, name="stem")(layers.Rescaling(1 / 255)(inputs))
    first, second = block("first"), block("second")
    outer = keras.Sequential([keras.Input((6, 6, 4)), second], name="outer")
    x = layers.Dropout(0.5)(outer(first(x)))
    return keras.Model(inputs, layers.Dense(3, name="scores")(layers.Flatten()(x)), name="nested")


def by_hand(model, images):
    x = model.get_layer("stem")(images / 255)
    first, second = model.get_layer("first"), model.get_layer("outer").get_layer("second")
    relu = keras.Model(first.inputs, first.get_layer("first_relu").output)(x)
    after = second(first(x))
    return [relu, after, model.get_layer("scores")(ops.reshape(after, (len(images), -1)))]


def test_they_are_those_of_the_layers_also_inside_nested_models(nested, random):
    images = random.uniform(0, 255, (3, 6, 6, 1)).astype("float32")
    found = layer_outputs(nested, ["first_relu", "second_sum", "scores"])(images, training=False)
    for one, expected in zip(found, by_hand(nested, images), strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(one), ops.convert_to_numpy(expected), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[-1], nested(images, training=False), rtol=1e-5, atol=1e-6)


def test_weights_are_shared_and_only_what_is_needed_is_computed(nested):
    found = layer_outputs(nested, ["first_conv"])
    assert {id(weights) for weights in found.weights} < {id(weights) for weights in nested.weights}
    assert "scores" not in {layer.name for layer in found.layers}
    assert layer_outputs(nested, ["scores"]).count_params() == nested.count_params()


def test_what_has_no_one_output_is_refused(nested):
    with pytest.raises(ValueError, match=r"unknown layer 'scoers' of nested: did you mean scores\?"):
        layer_outputs(nested, ["scoers"])
    with pytest.raises(ValueError, match="expected the names of layers, received none"):
        layer_outputs(nested, [])
    inputs, dense = keras.Input((4,)), layers.Dense(4, name="twice")
    with pytest.raises(ValueError, match=r"'twice' of .* must be called once and have one output"):
        layer_outputs(keras.Model(inputs, dense(dense(inputs))), ["twice"])


def test_stages_are_what_all_paths_pass(nested):
    assert stages(nested, 9) == ["stem", "first_sum", "second_sum", "scores"]
    assert stages(nested, 1) == ["scores"]
    assert stages(classifiers.build("squeezenet"), 3) == ["fire4_concat", "fire7_concat", "conv10"]
    assert stages(classifiers.build("digit_cnn"), 2) == ["relu3", "logits"]


def test_a_network_without_kernels_has_no_stages():
    inputs = keras.Input((4, 4, 1))
    with pytest.raises(ValueError, match="no layer with a kernel that all paths pass"):
        stages(keras.Model(inputs, layers.GlobalAveragePooling2D()(inputs)))
