"""Classes go by the names that the network was wrapped with, else by ImageNet's."""

import keras
import pytest
from keras import layers

import kinv
from kinv.classifiers import class_index, class_names
from kinv.classifiers.classes import unit_names


def network(classes):
    images = keras.Input((4, 4, 3))
    hidden = layers.GlobalAveragePooling2D(name="hidden")(images)
    return keras.Model(images, layers.Dense(classes, name="scores")(hidden))


def test_names_of_classes():
    assert class_names(network(1000))[1] == "goldfish" and class_names(network(2)) is None
    assert class_names(network(2), ["a", "b"]) == ["a", "b"] and class_names(network(3), ["a", "b"]) is None
    wrapped = kinv.wrap(network(2), class_names=("cat", "dog"))
    assert class_names(wrapped, ["a", "b"]) == ["cat", "dog"]
    assert unit_names(wrapped, "scores", [1]) == unit_names(wrapped, "class_logits", [1]) == ("dog",)
    assert unit_names(wrapped, "hidden", [1]) is None


def test_units_of_the_last_layer_have_the_names_of_their_classes():
    wrapped = kinv.wrap(network(3), class_names=("cat", "dog", "fish"))
    found = kinv.maximize_activation(wrapped, "scores", [2, 0], restarts=1, steps=1)
    assert found.names == ("fish", "cat") and "names=('fish', 'cat')" in repr(found)
    assert found.to_frame()[["unit", "name"]].to_numpy().tolist() == [[2, "fish"], [0, "cat"]]
    below = kinv.maximize_activation(wrapped, "hidden", [0], restarts=1, steps=1)
    manifold = kinv.trace_manifold(wrapped, "scores", found.units, found.best, [0, 1], starts=1, steps=1)
    assert manifold.names == found.names and manifold.to_frame()["name"].tolist() == 2 * ["fish"] + 2 * ["cat"]
    assert below.names is None and "names" not in repr(below) and "name" not in below.to_frame()


def test_indices_of_classes():
    assert class_index("GOLDFISH", ["tench", "goldfish"], 2) == class_index(1, None, 2) == 1
    with pytest.raises(ValueError, match="unknown class 'goldfisch': did you mean goldfish"):
        class_index("goldfisch", ["tench", "goldfish"], 2)
    with pytest.raises(ValueError, match=r"class must lie in 0..1, received -1"):
        class_index(-1, None, 2)
    with pytest.raises(ValueError, match=r"index in 0..1, received 'tench'"):
        class_index("tench", None, 2)


def test_targets_take_the_names_that_the_network_has():
    from kinv.models import target
    from kinv.models.coupled_generator.objective_scores import TargetScores

    wrapped = kinv.wrap(network(2), class_names=("cat", "dog"))
    assert TargetScores(wrapped, [target.classes("dog")]).class_weights.numpy().tolist() == [[0, 1]]
