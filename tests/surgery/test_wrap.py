"""Anybody's Keras classifier keeps the contract once it is wrapped."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kinv import classifiers


def sequential(*last, inputs=True):
    start = [layers.Input((16, 16, 3))] if inputs else []
    return keras.Sequential([*start, layers.Conv2D(4, 3, activation="relu"), layers.GlobalAveragePooling2D(), *last])


@pytest.fixture
def shown(random):
    return random.uniform(0, 255, (3, 16, 16, 3)).astype("float32")


@pytest.mark.parametrize(
    "last",
    [
        lambda: (layers.Dense(5, "softmax"),),
        lambda: (layers.Dense(5), layers.Softmax()),
        lambda: (layers.Dense(5), layers.Activation("softmax")),
    ],
)
def test_a_softmax_is_taken_off(last, shown):
    model = sequential(*last())
    wrapped = classifiers.wrap(model, lambda images: images / 255)
    logits = wrapped(shown)
    np.testing.assert_allclose(ops.softmax(logits), model(shown / 255), atol=1e-6)
    assert np.abs(np.sum(logits, axis=1) - 1).max() > 1e-3


def test_logits_stay_as_they_are_and_weights_are_shared(shown):
    model = sequential(layers.Dense(5))
    wrapped = classifiers.wrap(model)
    np.testing.assert_array_equal(wrapped(shown), model(shown))
    model.layers[-1].bias.assign(np.arange(5, dtype="float32"))
    np.testing.assert_array_equal(wrapped(shown), model(shown))


def test_a_nested_softmax_becomes_its_logarithm(shown):
    inner = sequential(layers.Dense(5, "softmax"))
    inputs = keras.Input((16, 16, 3))
    wrapped = classifiers.wrap(keras.Model(inputs, inner(inputs)))
    np.testing.assert_allclose(ops.softmax(wrapped(shown)), inner(shown), atol=1e-5)


def test_a_wrapped_softmax_can_be_saved_and_loaded(tmp_path, shown):
    model = sequential(layers.Dense(5, "softmax"))
    model.save(tmp_path / "mine.keras")
    loaded = classifiers.load(tmp_path / "mine.keras")
    np.testing.assert_allclose(ops.softmax(loaded(shown)), model(shown), atol=1e-6)


def test_a_lambda_in_a_file_is_refused(tmp_path):
    keras.Sequential([layers.Input((8, 8, 3)), layers.Lambda(lambda x: x), layers.GlobalAveragePooling2D()]).save(
        tmp_path / "lambda.keras"
    )
    with pytest.raises(Exception, match=r"[Ll]ambda"):
        classifiers.load(tmp_path / "lambda.keras")


class Subclassed(keras.Model):
    def call(self, images):
        return images


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Subclassed(), "subclassed"),
        (lambda: sequential(layers.Dense(5), inputs=False), "input_shape"),
        (lambda: keras.Sequential([layers.Input((8, 8, 3)), layers.Conv2D(2, 3)]), "classes"),
        (lambda: keras.Sequential([layers.Input((3, 8, 8)), layers.Flatten()]), "channels come last"),
        (lambda: keras.Sequential([layers.Input((8,)), layers.Dense(2)]), "height, width"),
    ],
)
def test_what_can_not_be_wrapped_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        classifiers.wrap(make())
