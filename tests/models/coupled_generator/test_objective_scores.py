"""Targets: what they sum up, and the classes that they are set against."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kinv import backend, classifiers
from kinv.models import target
from kinv.models.coupled_generator.objective_scores import TargetScores
from kinv.surgery.tap import last_layer

NAMES = ("tench", "goldfish", "great white shark", "crane", "crane")


@pytest.fixture(scope="module")
def network():
    """A convolution, a hidden layer and five classes, two of which are silent for dark images."""
    keras.utils.set_random_seed(0)
    shown = keras.Input((8, 8, 1))
    x = layers.Conv2D(3, 3, activation="relu", name="filters")(shown)
    x = layers.Dense(4, "sigmoid", name="hidden")(layers.Flatten()(x))
    return keras.Model(shown, layers.Dense(5, name="logits")(x))


@pytest.fixture
def shown(random):
    return random.uniform(0, 255, (2, 8, 8, 1)).astype("float32")


def test_a_class_by_index_and_by_name(network, shown):
    scores = TargetScores(network, [target.classes(1), target.classes("Great White Shark")], NAMES)
    activation, of_units, others, surprise = (np.asarray(part) for part in scores(shown))
    logits = np.asarray(network(shown))
    assert not of_units.any()
    for row, chosen in enumerate((1, 2)):
        assert activation[row] == pytest.approx(logits[row, chosen], rel=1e-5)  # below 0 too, so that it has a gradient
        expected = np.maximum(np.delete(logits[row], chosen), 0).mean()
        assert others[row] == pytest.approx(expected, rel=1e-5)
        assert surprise[row] == pytest.approx(np.log(np.exp(logits[row]).sum()) - logits[row, chosen], rel=1e-4)


def test_units_filters_and_sums(network, shown):
    both = 2 * target.unit("hidden", 3) + target.classes(0)
    scores = TargetScores(network, [target.filters("filters", [0, 2]), both])
    of_classes, of_units, others, surprise = (np.asarray(part) for part in scores(shown))
    convolution, hidden = network.get_layer("filters"), network.get_layer("hidden")
    received = np.asarray(ops.conv(shown, convolution.kernel)) + np.asarray(convolution.bias)
    assert of_units[0] == pytest.approx(received[0][..., [0, 2]].mean(), rel=1e-4)
    assert of_classes[0] == others[0] == surprise[0] == 0  # there are no classes to set it against
    total = np.asarray(np.maximum(received, 0)[1:].reshape(1, -1) @ hidden.kernel + hidden.bias)[0, 3]
    assert of_units[1] == pytest.approx(2 * total, rel=1e-4)
    assert of_classes[1] == pytest.approx(float(network(shown)[1, 0]), rel=1e-4)


def test_a_class_to_be_avoided_counts_as_the_network_says(network, shown):
    scores = TargetScores(network, [-1.0 * target.classes(index) for index in range(2)])
    np.testing.assert_allclose(scores(shown)[0], -np.maximum(np.asarray(network(shown))[[0, 1], [0, 1]], 0), rtol=1e-5)


def test_a_position_of_a_filter(network, shown):
    scores = TargetScores(network, [target.unit("filters", 1, [2, 4])] * 2)
    _, (gradient,) = backend.value_and_grad(lambda x: ops.sum(scores(x)[1]))(shown)
    reached = np.flatnonzero(np.asarray(gradient)[0].any(axis=(1, 2)))
    assert list(reached) == [2, 3, 4]


def test_a_silent_class_of_squeezenet_has_a_gradient():
    network = classifiers.build("squeezenet")  # ends in a ReLU and an average
    assert last_layer(network) == "conv10"
    bias = network.get_layer("conv10").bias
    bias.assign(-1000 * np.ones(bias.shape))
    images = np.full((1, 227, 227, 3), 100, "float32")
    scores = TargetScores(network, [target.classes(7)])
    value, (gradient,) = backend.value_and_grad(lambda x: ops.sum(scores(x)[0]))(images)
    assert float(network(images)[0, 7]) == 0 and float(np.sum(value)) < -900
    assert np.abs(np.asarray(gradient)).max() > 0


def test_networks_that_end_in_something_else(network, shown):
    inputs = keras.Input((8, 8, 1))
    mean = keras.Model(inputs, ops.mean(layers.Conv2D(5, 3)(inputs), axis=(1, 2)))  # no layer says what it does
    assert last_layer(mean) is None
    wrapped = classifiers.wrap(network, lambda images: images / 255)
    assert last_layer(wrapped) == "logits"
    for classifier in (mean, wrapped):
        scores = TargetScores(classifier, [target.classes(0), target.classes(1)])
        logits = np.asarray(classifier(shown))[[0, 1], [0, 1]]
        np.testing.assert_allclose(scores(shown)[0], logits, rtol=1e-4)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (target.classes("goldfisch"), "unknown class 'goldfisch': did you mean goldfish"),
        (target.classes("crane"), r"2 classes are called 'crane', expected one: .* \[3, 4\]"),
        (target.classes(5), "must lie in 0..4, received 5"),
        (target.unit("hiden", 0), r"'hiden' of .*: did you mean hidden"),
        (target.unit("hidden", 4), "must lie in 0..3"),
        (target.unit("filters", 0, (9, 0)), "position must lie in the map"),
    ],
)
def test_targets_that_do_not_exist(network, wrong, message):
    with pytest.raises(ValueError, match=message):
        TargetScores(network, [wrong], NAMES)


def test_wrong_requests(network):
    with pytest.raises(ValueError, match="pass `class_names`"):
        TargetScores(network, [target.classes("tench")])
    with pytest.raises(ValueError, match="one for each of 5 classes, received 2"):
        TargetScores(network, [target.classes(0)], NAMES[:2])
    with pytest.raises(ValueError, match="expected targets"):
        TargetScores(network, [])
    with pytest.raises(ValueError, match="at least one class"):
        target.classes()
    with pytest.raises(ValueError, match="one for each of 2 classes, received 1"):
        target.classes(1, 2, weights=[1.0])
    with pytest.raises(ValueError, match="at least one index"):
        target.filters("filters", [])
