"""The network of fine-tuned stacks: as an artifact it comes back from its shape alone, and only as itself."""

import json

import keras
import numpy as np
import pytest

import kinv
from kinv.artifacts.manifest import write_manifest
from kinv.classifiers import sigmoid_network


def test_it_is_an_artifact(tmp_path):
    network = sigmoid_network.build((4, 5, 1), (7, 6), 3, name="mine")
    network.get_layer("logits").kernel.assign(np.random.default_rng(0).normal(size=(6, 3)))
    folder = kinv.save(network, tmp_path / "mine")
    images = np.random.default_rng(1).uniform(0, 255, (2, 4, 5, 1)).astype("float32")
    np.testing.assert_array_equal(kinv.load(folder)(images), network(images))
    x = (images / 255).reshape(2, -1)
    for name in ("hidden1", "hidden2"):
        x = 1 / (1 + np.exp(-(x @ np.asarray(network.get_layer(name).kernel))))
    np.testing.assert_allclose(network(images), x @ np.asarray(network.get_layer("logits").kernel), atol=1e-5)


def test_other_networks_are_not(tmp_path):
    images = keras.Input((4, 5, 1))
    hidden = keras.layers.Dense(3, "relu", name="hidden1")(keras.layers.Flatten()(images))
    other = keras.Model(images, keras.layers.Dense(2, name="logits")(hidden), name="sigmoid_network")
    with pytest.raises(ValueError, match=r"kinv\.save takes"):
        kinv.save(other, tmp_path / "other")


def test_a_convolution_called_hidden_is_told_what_is_taken(tmp_path):
    images = keras.Input((4, 5, 1))
    hidden = keras.layers.Flatten()(keras.layers.Conv2D(2, 3, name="hidden1")(images))
    other = keras.Model(images, keras.layers.Dense(2, name="logits")(hidden))
    with pytest.raises(ValueError, match=r"kinv\.save takes"):
        kinv.save(other, tmp_path / "other")


@pytest.mark.parametrize(
    "change", [{"units": [10**9, 10**9]}, {"units": [1] * 1000}, {"units": []}, {"classes": 0}, {"more": 1}]
)
def test_hostile_shapes_are_refused(tmp_path, change):
    folder = kinv.save(sigmoid_network.build((4, 5, 1), (7,), 3), tmp_path / "mine", saved_model=False)
    content = json.loads((folder / "config.json").read_text())
    content["config"] |= change
    (folder / "config.json").write_text(json.dumps(content))
    write_manifest(folder)
    with pytest.raises(kinv.ArtifactError, match=r"does not hold a valid Classifier|more than any model has"):
        kinv.load(folder)
