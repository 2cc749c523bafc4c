"""`kinv metamers`."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers
from PIL import Image

from kinv import cli


@pytest.fixture(scope="module")
def folder_and_network(tmp_path_factory):
    folder = tmp_path_factory.mktemp("metamers")
    random = np.random.default_rng(0)
    (folder / "images").mkdir()
    for number in range(3):
        pixels = np.kron(random.integers(0, 255, (4, 4, 3)), np.ones((3, 3, 1))).astype("uint8")
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png")
    inputs = keras.Input((12, 12, 3))
    positive = keras.initializers.RandomUniform(0, 1, seed=0)  # else ReLU may leave nothing to correlate
    x = layers.Conv2D(3, 3, kernel_initializer=positive, activation="relu", name="first")(
        layers.Rescaling(1 / 255)(inputs)
    )
    model = keras.Model(inputs, layers.Dense(2, name="last")(layers.GlobalAveragePooling2D()(x)), name="small")
    model.save(folder / "small.keras")
    return folder / "images", folder / "small.keras"


def command(folder_and_network, *more):
    images, network = folder_and_network
    return ["metamers", "--classifier", str(network), "--images", str(images), *more]


def test_it_leaves_a_ladder_and_a_table(folder_and_network, tmp_path, capsys):
    out, network = tmp_path / "out", str(folder_and_network[1])
    cli.main(command(folder_and_network, "--output", str(out), "--limit", "2", "--steps", "3", "--judge", network))
    said = capsys.readouterr().out
    assert "first: correlation" in said and "another network's" in said
    table = pd.read_csv(out / "metamers.csv")
    assert list(table["layer"]) == ["first", "first", "last", "last"] and {"judge_kept", "converged"} <= set(table)
    assert Image.open(out / "ladder.png").size[0] > 100


def test_what_is_wrong_is_said_before_anything_starts(folder_and_network, tmp_path):
    for more, message in (
        (["--limit", "0"], "--limit must be at least 1, received 0"),
        (["--restarts", "-1"], "--restarts must be at least 0, received -1"),
        (["--judge", "squeezent"], "unknown classifier 'squeezent': did you mean squeezenet"),
    ):
        with pytest.raises(SystemExit, match=message):
            cli.main(command(folder_and_network, "--output", str(tmp_path / "out"), *more))
    with pytest.raises(SystemExit, match="unknown layer 'frist' of small_wrapped: did you mean first"):
        cli.main(command(folder_and_network, "--output", str(tmp_path / "out"), "--layers", "frist"))
