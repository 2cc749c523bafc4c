"""The `kinv` command, as a user types it."""

import pytest
from PIL import Image

import kinv
from kinv import cli
from kinv.models import InvariantTransformer


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
