"""The `kinv` command, as a user types it."""

import json
import shutil
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import kinv
from kinv import classifiers, cli
from kinv.models import InvariantTransformer, StackedDenoisingAutoencoder


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    metadata = {"metrics": {"learned_unchanged": 0.812}, "name": "mine"}
    kinv.save(InvariantTransformer(family="paper", hidden_units=(4,)), tmp_path / "artifacts" / "mine", metadata)
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
    assert f"encode: {tmp_path / 'exported'}" in capsys.readouterr().out
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
    with pytest.raises(SystemExit, match="unknown classifier 'lenet'"):
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


@pytest.fixture
def unit_range_network(folder_and_network, tmp_path):
    """The same for images in 0..1, with a softmax, of probabilities by name."""
    inner = keras.saving.load_model(folder_and_network[1])
    inputs = keras.Input((12, 12, 3))
    keras.Model(inputs, {"colors": keras.ops.softmax(inner(inputs * 255)), "sum": inner(inputs)}).save(
        tmp_path / "unit.keras"
    )
    (tmp_path / "names.txt").write_text("blue\nred\n", encoding="utf-8")
    return tmp_path / "unit.keras"


def test_evaluate_wraps_a_network_with_a_range_an_output_and_names(
    folder_and_network, unit_range_network, tmp_path, capsys
):
    command = ["evaluate", "--classifier", str(unit_range_network), "--images", str(folder_and_network[0])]
    with pytest.raises(SystemExit, match=r"returns a dict, .*: pass output=, one of 'colors', 'sum'"):
        cli.main(command)
    command += ["--model-output", "colors", "--value-range", "0", "1"]
    cli.main([*command, "--class-names", str(tmp_path / "names.txt")])
    assert "top-1 1.000" in capsys.readouterr().out
    with pytest.raises(SystemExit, match=f"No such file or directory: {tmp_path / 'none.txt'}"):
        cli.main([*command, "--class-names", str(tmp_path / "none.txt")])
    with pytest.raises(SystemExit, match="did you mean mobilenet_v2"):
        cli.main([*command[:5], "--model-output", "colors", "--preprocessing", "mobilenetv2"])
    with pytest.raises(SystemExit, match=r"value_range: for \.keras files only"):
        cli.main(["evaluate", "--classifier", "squeezenet", "--images", str(tmp_path), "--value-range", "0", "1"])


def test_files_that_are_no_network_end_with_one_line(folder_and_network, tmp_path):
    images = ["--images", str(folder_and_network[0])]

    def said(path, *options):
        with pytest.raises(SystemExit) as ended:
            cli.main(["evaluate", "--classifier", str(path), *images, *options])
        assert str(ended.value).startswith("error: ") and "\n" not in str(ended.value)
        return str(ended.value)

    whole = folder_and_network[1].read_bytes()
    for name, content, expected in (
        ("cut.keras", whole[: len(whole) // 2], "no zip archive, or truncated, expected a .keras file"),
        ("empty.keras", b"", "is empty, expected a .keras file"),
        ("old.h5", b"\x89HDF\r\n\x1a\n" + bytes(99), "is HDF5, expected a .keras file"),
        ("notes.txt", b"hello", "no zip archive"),
    ):
        (tmp_path / name).write_bytes(content)
        assert expected in said(tmp_path / name)
    with zipfile.ZipFile(tmp_path / "other.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    assert "does not hold a Keras model: it lacks model.weights.h5" in said(tmp_path / "other.keras")
    assert "There is no file" in said(tmp_path / "missing.keras")
    assert "is a folder" in said(tmp_path)
    shutil.copy(folder_and_network[1], tmp_path / "renamed.zip")
    cli.main(["evaluate", "--classifier", str(tmp_path / "renamed.zip"), *images])

    inputs = keras.Input((12, 12, 3))
    doubled = keras.layers.Lambda(lambda x: x[:, :2])(keras.layers.GlobalAveragePooling2D()(inputs))
    keras.Model(inputs, doubled).save(tmp_path / "lambda.keras")
    assert "--allow-unsafe" in said(tmp_path / "lambda.keras")
    cli.main(["evaluate", "--classifier", str(tmp_path / "lambda.keras"), *images, "--allow-unsafe"])

    class Own(keras.layers.Layer):
        def call(self, x):
            return x

    keras.Model(inputs, Own()(keras.layers.GlobalAveragePooling2D()(inputs))).save(tmp_path / "own.keras")
    assert "pass custom_objects=" in said(tmp_path / "own.keras")
    assert classifiers.load(tmp_path / "own.keras", custom_objects={"Own": Own}).output_shape == (None, 3)


@pytest.mark.long
def test_screen_leaves_tables_and_figures_and_goes_on(shelf, folder_and_network, tmp_path, capsys):
    photos, network = folder_and_network
    names = ["greyscale", "translate_x+translate_y"]
    command = ["screen", "--classifier", str(network), "--images", str(photos), "--output", str(tmp_path / "out")]
    command += ["--transformations", *names, "--learned", "mine", "--every", "5"]
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
    assert "greyscale: done before" in capsys.readouterr().err


def test_screening_in_parts_without_figures_equals_the_whole(folder_and_network, tmp_path):
    photos, network = folder_and_network
    command = ["screen", "--classifier", str(network), "--images", str(photos), "--every", "10", "--no-figures"]
    command += ["--each-image", "--transformations"]
    names = ["greyscale", "rotation"]
    for number, chosen in enumerate(([names[0]], [names[1]], names)):
        cli.main([*command, *chosen, "--output", str(tmp_path / str(number))])
        assert not (tmp_path / str(number) / "figures").exists()
    first, second, whole = (kinv.Screening.load(tmp_path / str(number) / "tables") for number in range(3))
    joined = kinv.Screening.join([first, second])
    for name, table in whole.written().items():
        assert getattr(joined, name).equals(table), name
    classifier, (images, _) = kinv.classifiers.load(network), kinv.data.load(str(photos), size=12)
    assert joined.save_figures(tmp_path / "drawn", classifier, images)
    with pytest.raises(ValueError, match="screenings of other images can't be joined"):
        kinv.Screening.join([first, first])


@pytest.mark.release
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
    with pytest.raises(SystemExit, match="unknown transformation 'twist'"):
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
    kinv.save(
        InvariantTransformer(family="paper", hidden_units=(4,)),
        shelf / "theirs",
        metadata,
        card=lambda _: "# x\n\n" + hostile,
    )
    for command in (["list"], ["show", "theirs"]):
        cli.main(command)
        assert "\x1b" not in capsys.readouterr().out
    with pytest.raises(SystemExit) as caught:
        cli.main(["show", hostile])
    assert "\x1b" not in str(caught.value)


def test_evaluate_as_json_names_the_classes(folder_and_network, capsys):
    photos, network = folder_and_network
    Image.new("RGB", (16, 16), (0, 0, 255)).save(photos / "red" / "blue.png")
    command = ["evaluate", "--classifier", str(network), "--images", str(photos)]
    cli.main([*command, "--json"])
    result = json.loads(capsys.readouterr().out)
    assert result["top1"] == pytest.approx(6 / 7) and result["count"] == 7 and result["low"] < 6 / 7 < result["high"]
    assert result["classes"][0] == {"class": 0, "name": "blue", "images": 3, "right": 3, "mistaken_for": None}
    assert result["classes"][1] == {"class": 1, "name": "red", "images": 4, "right": 3, "mistaken_for": "blue"}
    cli.main([*command, "--quiet"])
    said = capsys.readouterr()
    assert (
        "top-1 0.857" in said.out and "red: 3 of 4 right, the others mostly taken for blue" in said.out and not said.err
    )


def test_screen_as_json_with_a_class_by_its_name(folder_and_network, tmp_path, capsys):
    photos, network = folder_and_network
    command = ["screen", "--classifier", str(network), "--images", str(photos), "--output", str(tmp_path / "out")]
    command += ["--transformations", "greyscale", "--magnitudes", "greyscale=0,1", "--json", "--classes"]
    with pytest.raises(SystemExit, match="unknown class 'rde': did you mean red"):
        cli.main([*command, "rde"])
    cli.main([*command, "red"])
    said = capsys.readouterr()
    result = json.loads(said.out)
    assert [Path(figure).stem for figure in result["figures"] if "class_" in figure] == ["class_1_greyscale"]
    assert result["ranking"][0]["transformation"] == "greyscale" and "greyscale: " in result["summary"]
    assert result["ranking"][0]["turned_into_share"] is None  # NaN in the table
    assert len(result["accuracy"]) == 2 and "screening" not in said.out and not said.err.count("%|")


def test_list_show_and_verify_as_json(shelf, capsys):
    def found(*command):
        cli.main([*command, "--json"])
        return json.loads(capsys.readouterr().out)

    (shelf / "broken").mkdir()
    (shelf / "broken" / "manifest.json").write_text("{}")
    rows = {row["artifact"]: row for row in found("list")["artifacts"]}
    assert rows["mine"]["kind"] == "InvariantTransformer" and rows["mine"]["bytes"] > 1000
    assert rows["broken"]["kind"] == "damaged" and rows["broken"]["bytes"] is None
    shown = found("show", "mine")
    assert shown["metrics"] == {"learned_unchanged": 0.812} and "augment" in shown["endpoints"]
    assert found("show", "mine", "--metadata")["name"] == "mine"
    checked = found("verify", "mine")
    assert checked["whole"] and checked["files"] == shown["files"] and checked["folder"].endswith("mine")
