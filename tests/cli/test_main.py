"""The `kinv` command, as a user types it."""

import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import kinv
from kinv import cli
from kinv.models import InvariantTransformer, StackedDenoisingAutoencoder


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    metadata = {"metrics": {"learned_unchanged": 0.812}, "name": "mine"}
    kinv.save(InvariantTransformer(hidden_units=(4,)), tmp_path / "artifacts" / "mine", metadata)
    return tmp_path / "artifacts"


def test_list_show_and_verify(shelf, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    cli.main(["list"])
    assert "mine" in capsys.readouterr().out
    cli.main(["show", "mine"])
    assert "0.812" in capsys.readouterr().out
    cli.main(["verify", "mine"])
    assert "is whole" in capsys.readouterr().out


def test_export_makes_the_saved_model_of_an_artifact_that_has_none(shelf, tmp_path, capsys):
    stack = StackedDenoisingAutoencoder((6, 4))
    kinv.save(stack, shelf / "stack", saved_model=False)
    cli.main(["export", "stack", str(tmp_path / "exported")])
    assert "SavedModel" in capsys.readouterr().out
    vectors = np.full((2, 6), 0.5, "float32")
    exported = tf.saved_model.load(tmp_path / "exported")
    np.testing.assert_allclose(exported.encode(vectors), stack(vectors), atol=1e-6)
    with pytest.raises(SystemExit, match="already exists"):
        cli.main(["export", "stack", str(tmp_path / "exported")])


def test_a_damaged_artifact_ends_with_an_error(shelf):
    (shelf / "mine" / "config.json").write_text("{}")
    with pytest.raises(SystemExit, match=r"damaged|bytes"):
        cli.main(["verify", "mine"])
    with pytest.raises(SystemExit, match="error: No artifact 'yours'"):
        cli.main(["show", "yours"])


def test_evaluate_says_what_is_missing(tmp_path, no_data_folder):
    Image.new("RGB", (40, 40)).save(tmp_path / "a.png")
    with pytest.raises(SystemExit, match="no labels"):
        cli.main(["evaluate", "--classifier", "squeezenet", "--images", str(tmp_path)])
    with pytest.raises(SystemExit, match="Unknown classifier"):
        cli.main(["evaluate", "--classifier", "lenet", "--images", str(tmp_path)])


def test_evaluate_measures(tmp_path, capsys, no_data_folder):
    Image.new("RGB", (40, 40)).save(tmp_path / "n01440764_black.png")
    cli.main(["evaluate", "--classifier", "squeezenet", "--images", str(tmp_path)])
    assert "top-1 0.000" in capsys.readouterr().out


@pytest.fixture
def folder_and_network(tmp_path):
    """Red and blue images in a folder each, and a classifier of them as a .keras file."""
    for name, color in (("blue", (0, 0, 200)), ("red", (200, 0, 0))):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for index in range(3):
            Image.new("RGB", (16, 16), tuple(c + 10 * index for c in color)).save(
                tmp_path / "photos" / name / f"{index}.png"
            )
    inputs = keras.Input((12, 12, 3))
    dense = keras.layers.Dense(2, name="logits")
    network = keras.Model(inputs, dense(keras.layers.GlobalAveragePooling2D()(inputs)), name="red_or_blue")
    dense.set_weights(
        [np.array([[-0.1, 0.1], [0, 0], [0.1, -0.1]], "float32"), np.array([0.5, 0], "float32")]
    )  # grey is blue
    network.save(tmp_path / "network.keras")
    return tmp_path / "photos", tmp_path / "network.keras"


def test_screen_leaves_tables_and_figures_and_goes_on(shelf, folder_and_network, tmp_path, capsys):
    photos, network = folder_and_network
    names = ["greyscale", "translate_x+translate_y"]
    command = ["screen", "--classifier", str(network), "--images", str(photos), "--output", str(tmp_path / "out")]
    command += ["--transformations", *names, "--learned", "mine"]
    cli.main(command)
    screening = kinv.Screening.load(tmp_path / "out" / "tables")
    assert set(screening.accuracy["transformation"]) == {*names, "learned_space", "learned_color"}
    accuracy = screening.accuracy.query("transformation == 'greyscale'").set_index("magnitude")["accuracy"]
    assert accuracy[0.0] == 1 and accuracy[1.0] == 0.5  # grey images are all the same class
    critical = screening.critical_points.query("transformation == 'greyscale'")
    assert sorted(critical["status"]) == ["never", "within"]
    figures = {path.stem for path in (tmp_path / "out" / "figures").glob("*.png")}
    assert {"accuracy_greyscale", "critical_greyscale", "map_translate_x+translate_y", "distance"} <= figures
    capsys.readouterr()
    cli.main(command)
    assert "greyscale: done before" in capsys.readouterr().out


@pytest.mark.long
def test_screen_takes_magnitudes_and_several_learned_families(shelf, folder_and_network, tmp_path):
    photos, network = folder_and_network
    command = ["screen", "--classifier", str(network), "--images", str(photos), "--output", str(tmp_path / "out")]
    command += ["--transformations", "rotation", "contrast", "zoom+rotation", "--every", "15"]
    command += ["--magnitudes", "rotation=-90,20", "zoom+rotation=1,2/0,10,20"]
    shutil.copytree(shelf / "mine", shelf / "yours")
    cli.main([*command, "--learned", "mine", "yours"])
    accuracy = kinv.Screening.load(tmp_path / "out" / "tables").accuracy
    magnitudes = {name: sorted(rows["magnitude"]) for name, rows in accuracy.groupby("transformation")}
    assert magnitudes["rotation"] == [-90, 0, 20] and magnitudes["contrast"] == [0, 1, 2.5, 3]
    assert magnitudes["zoom+rotation"] == [1, 1, 1, 2, 2, 2] and magnitudes["mine_space"] == magnitudes[
        "yours_color"
    ] == [-1, 1]


def test_screen_says_what_is_wrong(folder_and_network, tmp_path):
    photos, network = folder_and_network
    command = ["screen", "--classifier", str(network), "--images", str(photos), "--output", str(tmp_path / "out")]
    with pytest.raises(SystemExit, match="received 'twist'"):
        cli.main([*command, "--transformations", "twist"])
    with pytest.raises(SystemExit, match="--magnitudes must look like"):
        cli.main([*command, "--magnitudes", "rotation=many"])
    with pytest.raises(SystemExit, match="--every must be at least 1"):
        cli.main([*command, "--every", "0"])
    with pytest.raises(SystemExit, match="nowhere"):
        cli.main(["screen", "--classifier", str(network), "--images", "nowhere", "--output", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()


def test_the_words_of_others_do_not_control_the_terminal(shelf, capsys):
    hostile = "[red]\x1b[2J[/nothing]"
    metadata = {"name": hostile, "metrics": {hostile: 1.0}}
    kinv.save(InvariantTransformer(hidden_units=(4,)), shelf / "theirs", metadata, card=lambda _: "# x\n\n" + hostile)
    for command in (["list"], ["show", "theirs"]):
        cli.main(command)
        assert "\x1b" not in capsys.readouterr().out
    with pytest.raises(SystemExit) as caught:
        cli.main(["show", hostile])
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_tab_completion_knows_every_command(shell, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--tyro-print-completion", shell])
    assert not ended.value.code
    script = capsys.readouterr().out
    assert all(command in script for command in cli.COMMANDS) and "create-pr" in script
