"""A network that was not wrapped is refused wherever logits are needed."""

import keras
import numpy as np
import pytest
from keras import layers

import kinv
from kinv import models
from kinv.models import target

IMAGES = np.random.default_rng(0).uniform(0, 255, (8, 6, 6, 3)).astype("float32")
LABELS = np.arange(8) % 2


def network(*last):
    start = [keras.Input((6, 6, 3)), layers.Conv2D(2, 3, name="conv"), layers.GlobalAveragePooling2D()]
    return keras.Sequential([*start, *last])


def several():
    images = keras.Input((6, 6, 3))
    x = layers.Flatten()(images)
    return keras.Model(images, {"a": layers.Dense(2)(x), "b": layers.Dense(2)(x)})


class Subclassed(keras.Model):
    def call(self, images):
        return images


NETWORKS = {
    "softmax": (lambda: network(layers.Dense(3, "softmax")), r"ends in a softmax, .* pass kinv.wrap\(model\)"),
    "sigmoids": (lambda: network(layers.Dense(3, "sigmoid"), layers.Reshape((3,))), "ends in a sigmoid, .* kinv.wrap"),
    "one": (lambda: network(layers.Dense(1, "sigmoid")), r"at least 2 classes\), received \(None, 1\): .*kinv.wrap"),
    "several": (several, "at least 2 classes.* choose one with output="),
    "subclassed": (Subclassed, "must be a Functional or Sequential network, received a Subclassed"),
}


def fitted(method):
    method.compile()
    method.fit(IMAGES, verbose=0)


USES = {
    "screen": lambda model: kinv.screen(model, IMAGES, transformations=["rotation"]),
    "preflight": lambda model: kinv.preflight(model, IMAGES),
    "accuracy": lambda model: kinv.analysis.accuracy(model, IMAGES, LABELS),
    "predict": lambda model: kinv.analysis.predict(model, IMAGES),
    "fit": lambda model: fitted(models.InvariantTransformer(model, channels=3)),
    "coupled": lambda model: models.CoupledGenerator(model, target.classes(0), image_shape=(6, 6, 3)),
    "ranks": lambda model: models.coupled_generator.class_ranks(model, IMAGES, LABELS),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", NETWORKS)
def test_what_returns_no_logits_is_refused(kind, use):
    make, message = NETWORKS[kind]
    with pytest.raises(ValueError, match=message):
        USES[use](make())


def test_logits_that_are_not_finite_are_no_predictions():
    model = network(layers.Dense(2, name="scores"))
    model.get_layer("scores").bias.assign([np.nan, 0])
    for use in ("accuracy", "predict", "preflight", "ranks"):
        with pytest.raises(ValueError, match="returned NaN or infinity, expected finite logits: check its weights"):
            USES[use](model)
