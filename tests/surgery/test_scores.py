"""What a model returns is recognised: logits, probabilities, one score, independent sigmoids, several outputs."""

from collections import OrderedDict

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import kinv
from kinv.surgery.logits import class_names

STEEP, SLIGHT = (keras.initializers.RandomNormal(stddev=one, seed=1) for one in (0.02, 3e-7))


def sequential(*last):
    keras.utils.set_random_seed(0)
    start = [layers.Input((16, 16, 3)), layers.Conv2D(4, 3, activation="relu"), layers.GlobalAveragePooling2D()]
    return keras.Sequential([*start, *last])


def dense(units, *arguments, **settings):
    return layers.Dense(units, *arguments, kernel_initializer=STEEP, **settings)


@pytest.fixture
def shown(random):
    return random.uniform(0, 255, (3, 16, 16, 3)).astype("float32")


# === Probabilities ===


class Gated(layers.Layer):
    """Has an activation function that does not come last."""

    def __init__(self, activation):
        super().__init__()
        self.scores, self.gates, self.activation = dense(5), dense(5), keras.activations.get(activation)

    def build(self, shape):
        self.scores.build(shape)
        self.gates.build(shape)

    def call(self, x):
        return self.scores(x) * self.activation(self.gates(x))


class Head(keras.Model):
    """Subclassed: it has no graph."""

    def __init__(self):
        super().__init__()
        self.scores = dense(5, "softmax")

    def call(self, x):
        return self.scores(x)


def softmax(x):
    return ops.softmax(x / 2)


PROBABILITIES = {
    "along another axis": lambda: [dense(5), layers.Reshape((5, 1)), layers.Softmax(axis=1), layers.Flatten()],
    "another function of the name": lambda: [dense(5, softmax)],
    "of a recurrent layer": lambda: [layers.Reshape((4, 1)), layers.SimpleRNN(5, activation="softmax")],
    "of a subclassed part": lambda: [Head()],
    "smoothed": lambda: [dense(5, "softmax"), layers.Rescaling(0.9, 0.02)],
    "in percent": lambda: [dense(5, "softmax"), layers.Rescaling(100.0)],
    "bfloat16, returned as float32": lambda: [
        dense(5, "softmax", dtype="mixed_bfloat16"), layers.Rescaling(1.0, dtype="float32"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("form", PROBABILITIES)
def test_probabilities_are_recognised_by_their_values(form, shown, caplog):
    model = sequential(*PROBABILITIES[form]())
    own = np.asarray(model(shown), "float64")
    np.testing.assert_allclose(
        ops.softmax(kinv.wrap(model)(shown)),
        own / own.sum(axis=1, keepdims=True),
        rtol=1e-2 if "float" in form else 1e-5,
        atol=1e-6,
    )
    assert ["logarithms are taken as logits" in line for line in caplog.messages] == [True]


def test_a_bfloat16_softmax_that_keras_guide_casts_is_removed(shown, caplog):
    model = sequential(dense(5, "softmax", dtype="mixed_bfloat16"), layers.Activation("linear", dtype="float32"))
    np.testing.assert_allclose(ops.softmax(kinv.wrap(model)(shown)), model(shown), atol=2e-2)
    assert not caplog.messages


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_an_activation_that_does_not_come_last_stays(activation, shown, caplog):
    model = sequential(Gated(activation))
    np.testing.assert_allclose(kinv.wrap(model)(shown), model(shown), rtol=1e-5)
    assert not caplog.messages


@pytest.mark.parametrize(
    "last",
    [
        lambda: [dense(4), layers.Reshape((2, 2)), layers.Softmax(), layers.Flatten()],  # two of two
        lambda: [dense(4, "sigmoid"), layers.Rescaling(1.0)],
        lambda: [layers.Dense(2, "sigmoid", kernel_initializer=SLIGHT), layers.Rescaling(1.0)],  # near 1/2 each
    ],
)
def test_what_does_not_sum_to_one_for_any_image_is_not_of_exclusive_classes(last):
    with pytest.raises(ValueError, match=r"do not sum to 1, as of \d independent sigmoids, .* choose one with output="):
        kinv.wrap(sequential(*last()))


def test_scores_that_happen_to_lie_in_the_unit_range_are_logits(shown, caplog):
    def small(units):
        return sequential(layers.Dense(units, kernel_initializer="ones"), layers.Rescaling(1e-3))

    one, several = small(1), small(3)
    assert 0 < np.min(one(shown)) and np.max(one(shown)) < 1
    np.testing.assert_allclose(kinv.wrap(one)(shown)[:, 1:], one(shown), rtol=1e-5)
    np.testing.assert_allclose(kinv.wrap(several)(shown), several(shown), rtol=1e-5)
    assert ["taken as the logit" in line for line in caplog.messages] == [True]


# === One score, several outputs ===


@pytest.mark.parametrize(
    "end", [lambda: [layers.Dense(1, "sigmoid")], lambda: [layers.Dense(1), layers.Activation("sigmoid")]]
)
def test_one_sigmoid_becomes_two_logits(end, shown):
    model = sequential(*end())
    wrapped = kinv.wrap(model, class_names=("cat", "dog"))
    logits = np.asarray(wrapped(shown))
    assert logits.shape == (3, 2) and (logits[:, 0] == 0).all()
    np.testing.assert_allclose(ops.sigmoid(logits[:, 1:]), model(shown), rtol=1e-5)
    assert class_names(wrapped) == ("cat", "dog")


def test_one_score_is_a_logit_and_one_probability_is_one(shown, caplog):
    linear, hidden = sequential(layers.Dense(1)), sequential(layers.Dense(1), layers.Lambda(tf.nn.sigmoid))
    np.testing.assert_allclose(kinv.wrap(linear)(shown)[:, 1:], linear(shown), rtol=1e-5)
    logits = kinv.wrap(hidden, value_range=(0, 1))(shown)
    np.testing.assert_allclose(ops.softmax(logits)[:, 1:], hidden(shown / 255), rtol=1e-4)
    assert ["taken as the logit" in caplog.messages[0], "taken as probabilities" in caplog.messages[1]] == [True, True]
    with pytest.raises(ValueError, match="always 1: end it with a sigmoid"):
        kinv.wrap(sequential(layers.Dense(1, "softmax")))


def test_of_independent_sigmoids_one_is_chosen(shown):
    model = sequential(layers.Dense(3, "sigmoid"))
    with pytest.raises(ValueError, match=r"3 independent sigmoids, .* choose one with output="):
        kinv.wrap(model)
    wrapped = kinv.wrap(model, class_names=("red", "green", "blue"), output="green")
    np.testing.assert_allclose(ops.softmax(wrapped(shown))[:, 1], model(shown)[:, 1], rtol=1e-4)
    assert class_names(wrapped) == ("not green", "green")
    with pytest.raises(ValueError, match="unknown score 'grey', passed as output: did you mean gre"):
        kinv.wrap(model, class_names=("red", "green", "blue"), output="grey")
    with pytest.raises(ValueError, match="expected 0 to 2"):
        kinv.wrap(model, output=3)
    with pytest.raises(ValueError, match="exclusive classes: leave output out"):
        kinv.wrap(sequential(layers.Dense(3, "softmax")), output=1)


def test_of_several_outputs_one_is_chosen(shown):
    inputs = keras.Input((16, 16, 3))
    x = layers.GlobalAveragePooling2D()(inputs)
    scores, aside = layers.Dense(5, "softmax", name="scores")(x), layers.Dense(2, name="aside")(x)
    for model, expected in (
        (keras.Model(inputs, {"scores": scores, "aside": aside}), lambda model: model(shown)["scores"]),
        (keras.Model(inputs, [aside, scores]), lambda model: model(shown)[1]),
        (keras.Model(inputs, {"scores": scores}), lambda model: model(shown)["scores"]),
    ):
        with pytest.raises(ValueError, match=r"expected one output .*: pass output=, one of .*'scores'"):
            kinv.wrap(model)
        with pytest.raises(ValueError, match="unknown output 'score', passed as output"):
            kinv.wrap(model, output="score")
        np.testing.assert_allclose(ops.softmax(kinv.wrap(model, output="scores")(shown)), expected(model), rtol=1e-5)


def test_outputs_keep_the_models_own_order(shown):
    inputs = keras.Input((16, 16, 3))
    x = layers.GlobalAveragePooling2D()(inputs)
    first, second, third = (layers.Dense(units, name=name)(x) for units, name in ((5, "x"), (2, "y"), (3, "z")))
    by_key = keras.Model(inputs, OrderedDict(zebra=first, ape=second))
    np.testing.assert_allclose(kinv.wrap(by_key, output="zebra")(shown), by_key(shown)["zebra"], rtol=1e-5)
    inside = keras.Model(inputs, {"ape": [third, second], "zebra": first})
    np.testing.assert_allclose(kinv.wrap(inside, output="zebra")(shown), inside(shown)["zebra"], rtol=1e-5)
    np.testing.assert_allclose(kinv.wrap(inside, output=1)(shown), inside(shown)["ape"][1], rtol=1e-5)
    with pytest.raises(ValueError, match=r"2 outputs are called 'ape': pass output=, one of the numbers \[0, 1\]"):
        kinv.wrap(inside, output="ape")
    tower = sequential(layers.Dense(2))
    twice = keras.Model(inputs, [tower(inputs), tower(255 - inputs)])
    np.testing.assert_allclose(kinv.wrap(twice, output=1)(shown), twice(shown)[1], rtol=1e-5)
    with pytest.raises(ValueError, match="2 outputs are called"):
        kinv.wrap(twice, output=tower.name)
