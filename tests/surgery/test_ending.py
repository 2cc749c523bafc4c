"""What a network ends in: what only has the name of an ending is none, and a wrong scale is seen."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from scipy.special import expit, log_softmax, softmax

import kinv
from kinv.surgery.scores import TOLERANCE, TOLERANCE_OF_HALVES, explains

SATURATED = np.array([[20, 0, -30], [-9, 50, 3]], "float32")


@pytest.mark.parametrize(
    ("own", "ending", "before", "tolerance"),
    [
        (softmax(SATURATED, axis=1), "softmax", SATURATED, TOLERANCE),
        (softmax(SATURATED, axis=1), "softmax", SATURATED + 7, TOLERANCE),  # the same probabilities
        (softmax(SATURATED / 9, axis=1), "softmax", SATURATED / 9, TOLERANCE_OF_HALVES),
        (expit([[-40.0], [3.0]]), "sigmoid", np.array([[-40.0], [3.0]]), TOLERANCE),
    ],
)
def test_another_scale_is_seen_where_probabilities_are_almost_0_or_1(own, ending, before, tolerance):
    own = own.astype("float32")
    assert explains(ending, before, own, tolerance)
    assert not explains(ending, before / 2, own, tolerance)
    assert not explains(ending, 1.5 * before, own, tolerance)


def softmax_of_a_temperature(x):
    return ops.softmax(x / 3)


def sigmoid_of_a_temperature(x):
    return ops.sigmoid(x / 3)


softmax_of_a_temperature.__name__, sigmoid_of_a_temperature.__name__ = "softmax", "sigmoid"


def named(name, compute):
    """A layer whose class is called as one of Keras's."""
    return type(name, (layers.Layer,), {"call": lambda self, x: compute(x)})()


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (lambda: [layers.Dense(5, activation=softmax_of_a_temperature)], "logarithms are taken as logits"),
        (lambda: [layers.Dense(5), layers.Activation(softmax_of_a_temperature)], "logarithms are taken as logits"),
        (lambda: [layers.Dense(5), named("Softmax", softmax_of_a_temperature)], "logarithms are taken as logits"),
        (lambda: [layers.Dense(1, activation=sigmoid_of_a_temperature)], "taken as probabilities of the second class"),
    ],
    ids=["function", "activation layer", "layer", "sigmoid"],
)
@pytest.mark.parametrize("scale", [0.01, 1.0])
def test_a_user_s_function_with_the_name_of_an_ending_is_none(last, said, scale, random, caplog):
    """Also where its probabilities are almost 0 or 1."""
    keras.utils.set_random_seed(1)
    shown = random.uniform(0, 255, (3, 16, 16, 3)).astype("float32")
    start = [layers.Input((16, 16, 3)), layers.Conv2D(4, 3, activation="relu"), layers.GlobalAveragePooling2D()]
    model = keras.Sequential([*start, *last()])
    wrapped = kinv.wrap(model, lambda images: scale * images)
    own = np.asarray(model(scale * shown))
    found = log_softmax(np.asarray(wrapped(shown)), axis=1)
    np.testing.assert_allclose(found[:, -own.shape[1] :], np.log(np.maximum(own, 1e-37)), rtol=1e-3, atol=1e-5)
    assert [said in record.message for record in caplog.records] == [True]
