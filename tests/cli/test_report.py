"""`kinv report`."""

import json

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from kinv import cli


@pytest.fixture(scope="module", autouse=True)
def few_transformations():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("kinv.reports.magnitudes.FEWER", {"rotation": (-90, 90), "contrast": (0, 3)})
        yield


@pytest.fixture(scope="module")
def folder_and_network(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    random = np.random.default_rng(0)
    for name, light in (("dark", 40), ("light", 200)):
        (folder / "images" / name).mkdir(parents=True)
        for number in range(6):
            pixels = random.integers(light - 40, light + 40, (10, 10, 3)).astype("uint8")
            Image.fromarray(pixels).save(folder / "images" / name / f"{number}.png")
    inputs = keras.Input((10, 10, 3))
    mean = layers.GlobalAveragePooling2D()(layers.Rescaling(1 / 255)(inputs))
    dense = layers.Dense(2, name="last")
    model = keras.Model(inputs, dense(mean), name="functional_17")
    dense.set_weights([np.array([[-1, 1]] * 3, "float32"), np.array([1.5, -1.5], "float32")])
    model.save(folder / "lightness.keras")
    return folder / "images", folder / "lightness.keras"


def command(folder_and_network, *more):
    images, network = folder_and_network
    return ["report", str(network), "--images", str(images), "--preset", "quick", "--sections", "tolerance", *more]


def test_it_leaves_a_page_and_says_where(folder_and_network, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cli.main(command(folder_and_network))
    said = capsys.readouterr()
    assert "What lightness ignores most: " in said.out and "Page: lightness_report/report.html" in said.out
    assert "section 1 of 1" in said.err
    page = (tmp_path / "lightness_report" / "report.html").read_text(encoding="utf-8")
    assert ">lightness</bdi></em> ignore?" in page and "kinv report" in page


def test_a_broken_limit_is_status_3(folder_and_network, tmp_path, capsys):
    limits = ["--fail-under", "rotation:unchanged@90=0.9", "contrast:unchanged@0=0.9", "accuracy=0.5"]
    with pytest.raises(SystemExit) as ended:
        cli.main(command(folder_and_network, "--output", str(tmp_path / "new"), "--json", *limits))
    said = capsys.readouterr()
    assert ended.value.code == 3
    assert said.err.count("limit broken: ") == 1 and "limit broken: contrast:unchanged@0=0.9: 0.500" in said.err
    found = json.loads(said.out)
    assert [row["passed"] for row in found["limits"]] == [True, False, True]
    assert found["report"]["sections"]["tolerance"]["rows"]


@pytest.mark.long
def test_without_labels(folder_and_network, tmp_path, capsys):
    cli.main(command(folder_and_network, "--output", str(tmp_path / "new"), "--no-labels", "--json"))
    identity = json.loads(capsys.readouterr().out)["report"]["identity"]
    assert identity["labels"] == "the network's own predictions"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--fail-under", "rotation"], "a limit must look like rotation:unchanged@15=0.8"),
        (["--limit", "1"], "limit must be at least 2, received 1"),
        (["--judge", "squeezent"], "did you mean squeezenet"),
    ],
)
def test_what_is_wrong_is_said_before_anything_starts(folder_and_network, tmp_path, more, message):
    with pytest.raises(SystemExit, match=message):
        cli.main(command(folder_and_network, "--output", str(tmp_path / "new"), *more))
    assert not (tmp_path / "new").exists()


def test_an_unknown_section(folder_and_network, tmp_path):
    with pytest.raises(SystemExit, match="unknown section 'layer': did you mean layers"):
        cli.main([*command(folder_and_network)[:-1], "layer"])


@pytest.mark.release
def test_two_networks(folder_and_network, tmp_path, capsys):
    """With itself there is no difference."""
    same = str(folder_and_network[1])
    cli.main(command(folder_and_network, "--output", str(tmp_path / "new"), "--compare", same))
    assert "no clear difference under the 2 transformations" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="did you mean squeezenet"):
        cli.main(command(folder_and_network, "--output", str(tmp_path / "other"), "--compare", "squeezent"))
