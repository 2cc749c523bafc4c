"""A tiny network of classes, and what a section is told about it."""

import keras
import numpy as np
import pytest

import kinv
from kinv.json_values import json_values
from kinv.reports.page import page_of
from kinv.reports.settings import Settings
from kinv.reports.subject import Subject

from ..hand_made import content

SIZE = 8
EVIL = "<i>no tag</i>"


@pytest.fixture(scope="session")
def network():
    """Mean colours of the upper and of the lower half of an image: it throws all else away."""
    inputs = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="first")(
        keras.layers.Rescaling(1 / 255)(inputs)
    )
    x = keras.layers.Conv2D(5, 1, name="mixed")(keras.layers.AveragePooling2D((4, 8))(x))
    logits = keras.layers.Dense(3, name="classes")(keras.layers.Flatten()(x))
    model = keras.Model(inputs, logits, name="halves")
    random = np.random.default_rng(0)
    model.set_weights([random.normal(size=weights.shape) for weights in model.get_weights()])
    return kinv.wrap(model, class_names=["a", "b", EVIL])


@pytest.fixture(scope="session")
def pixels():
    random = np.random.default_rng(1)
    waves = keras.ops.image.resize(random.normal(size=(10, 3, 3, 3)).astype("float32"), (SIZE, SIZE))
    return np.clip(120 + 60 * np.asarray(waves), 0, 255).astype("float32")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the sections of a module's tests keep their files."""
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def subject(network, pixels, folder):
    """Of a network, images and settings: by default, the tiny ones."""

    def made(model=network, images=pixels, judge=None, **settings):
        few = {"examples": 2, "metamer_images": 2, "metamer_layers": 2, "metamer_steps": 10, "layers": 3}
        chosen = Settings(**{**few, "layer_images": 6, **settings})
        return Subject(model, "tiny", images, None, chosen, folder, judge=judge)

    return made


@pytest.fixture
def shown(folder):
    """The page of one section."""

    def page(name, section):
        about = {"title": name, "failed": None, "seconds": 1.0, **json_values(section)}
        html = page_of(folder, {**content(), "sections": {name: about}})
        assert "could not be made" not in html
        return html

    return page
