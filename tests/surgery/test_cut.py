"""Below, layer and above one after the other are the classifier, wherever it is cut."""

import keras
import numpy as np
import pytest

from kinv import classifiers
from kinv.surgery.cut import convolutions, split


def residual(side=16):
    """A shortcut of the images themselves, and one that starts before and ends after the other."""
    images = keras.Input((side, side, 3))
    x = keras.layers.Conv2D(3, 3, padding="same", name="first")(images)
    y = keras.layers.Conv2D(3, 3, padding="same", activation="relu", name="second")(x)
    z = keras.layers.Add(name="sum")([images, x, y])
    z = keras.layers.DepthwiseConv2D(3, name="third")(z)
    z = keras.layers.GlobalAveragePooling2D()(z)
    return keras.Model(images, keras.layers.Dense(5)(z), name="residual")


def nested():
    core = residual()
    return classifiers.wrap(keras.Sequential([core, keras.layers.Dense(4, name="last")], name="whole"), lambda x: x / 9)


def with_open_sizes():
    """A convolution right at the inputs of a nested model that takes images of any size."""
    core = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(4, 3, name="only")])
    images = keras.Input((16, 16, 3))
    x = core(keras.layers.Rescaling(2.0)(images))
    return keras.Model(images, keras.layers.Dense(5)(keras.layers.GlobalAveragePooling2D()(x)))


@pytest.mark.parametrize(
    "build, name, past",
    [
        (residual, "first", 1),
        (residual, "second", 2),
        (residual, "third", 0),
        (nested, "second", 2),
        (lambda: classifiers.wrap(residual(), lambda x: x / 255), "first", 1),
        (with_open_sizes, "only", 0),
        (lambda: classifiers.build("digit_cnn"), "conv1", 0),
        (lambda: classifiers.build("squeezenet"), "fire6_expand1x1", 1),
        (lambda: classifiers.build("efficientnet_lite0"), "block14_expand", 1),
    ],
)
def test_the_parts_are_the_whole(build, name, past, random):
    classifier = build()
    images = random.uniform(0, 255, (2, *classifier.input_shape[1:])).astype("float32")
    parts = split(classifier, name)
    entering, beside = parts.enter(images)
    assert parts.layer.name == name and len(beside) == past
    assert all(
        any(ours is theirs for theirs in classifier.weights) for ours in parts.below.weights + parts.above.weights
    )
    expected = np.asarray(classifier(images))
    size = np.abs(expected).max()  # a deep network's with random weights are tiny
    np.testing.assert_allclose(parts.leave(parts.layer(entering), beside), expected, atol=1e-5 * size)
    without = np.asarray(parts.leave(0 * parts.layer(entering), beside))
    assert np.abs(without - expected).max() > 1e-3 * size


def test_convolutions_are_listed_with_nested_ones():
    assert convolutions(nested()) == ["first", "second", "third"]


def test_what_can_not_be_cut_is_said():
    with pytest.raises(ValueError, match=r"unknown convolution 'conv9' of whole_wrapped.* Known: first, second, third"):
        split(nested(), "conv9")
    images = keras.Input((8, 8, 3))
    shared = keras.layers.Conv2D(3, 3, padding="same", name="shared")
    twice = keras.Model(images, keras.layers.GlobalAveragePooling2D()(shared(shared(images))))
    with pytest.raises(ValueError, match=r"'shared' .* called once"):
        split(twice, "shared")
    with pytest.raises(ValueError, match="one input"):
        split(residual(), "sum")


def test_a_name_in_two_nested_models_is_ambiguous():
    images = keras.Input((16, 16, 3))
    both = [keras.Sequential([keras.layers.Conv2D(3, 3, name="same")], name=name)(images) for name in ("a", "b")]
    model = keras.Model(images, keras.layers.GlobalAveragePooling2D()(keras.layers.Add()(both)))
    with pytest.raises(ValueError, match="'same' in each of a, b"):
        split(model, "same")
