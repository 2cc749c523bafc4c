"""`kinv layers`, as a user types it."""

import json

import keras
import pytest
from keras import layers

from kinv import cli


@pytest.fixture
def network(tmp_path):
    images = keras.Input((12, 12, 3))
    x = layers.Conv2D(4, 3, activation="relu", name="first")(images)
    x = layers.SeparableConv2D(5, 3, name="separable")(x)
    keras.Model(images, layers.Dense(2, name="scores")(layers.GlobalAveragePooling2D()(x))).save(tmp_path / "n.keras")
    return str(tmp_path / "n.keras")


def test_as_a_table(network, capsys):
    cli.main(["layers", network])
    lines = capsys.readouterr().out.splitlines()
    (first,) = [line.split() for line in lines if line.startswith("first")]
    assert first == ["first", "Conv2D", "10x10x4", "112", "relu", "4", "yes"]
    assert any(line.startswith("separable, filter_gan: expected a Conv2D") for line in lines)


def test_as_json(network, capsys):
    cli.main(["layers", network, "--json", "--value-range", "0", "1"])
    found = {layer["name"]: layer for layer in json.loads(capsys.readouterr().out)["layers"]}
    assert list(found)[:3] == ["preprocessing", "first", "separable"]
    assert found["first"]["output_shape"] == [10, 10, 4] and found["first"]["parameters"] == 112
    assert found["first"]["usable_for"] == ["maximize_activation", "coupled_generator", "filter_gan"]
    assert list(found["separable"]["refused"]) == ["filter_gan"]


def test_a_name_of_many_letters_leaves_room_for_the_rest(tmp_path, capsys):
    images = keras.Input((12, 12, 3))
    x = layers.Dense(2, name="x" * 3000)(layers.GlobalAveragePooling2D()(images))
    keras.Model(images, x).save(tmp_path / "n.keras")
    cli.main(["layers", str(tmp_path / "n.keras")])
    (line,) = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("xxx")]
    assert line == [f"{'x' * 99}\N{HORIZONTAL ELLIPSIS}", "Dense", "2", "8", "2"]
