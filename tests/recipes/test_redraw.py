"""Figures of artifacts are drawn again: the artifact stays whole, and only its figures, card and manifest change."""

import shutil
from pathlib import Path

import pytest

import kinv
from recipes.families import redraw

ARTIFACTS = Path(__file__).parents[2] / "artifacts"


def test_every_card_has_its_way():
    cards = {kinv.hub.read_metadata(path.parent)["card"] for path in ARTIFACTS.glob("*/manifest.json")}
    assert cards <= set(redraw.DRAWN)


@pytest.mark.release
def test_an_artifact_is_whole_afterwards(tmp_path, no_data_folder):
    shutil.copytree(ARTIFACTS / "dbn_patches", tmp_path / "dbn_patches")
    (tmp_path / "dbn_patches" / "figures" / "old.png").write_bytes(b"")
    redraw.run(("dbn_patches",), tmp_path)
    made = sorted(path.name for path in (tmp_path / "dbn_patches" / "figures").iterdir())
    assert made == ["filters.png", "reconstructions.png"]
    for file in ("config.json", "model.weights.h5", "metadata.json"):
        kept = (ARTIFACTS / "dbn_patches" / file).read_bytes()
        assert (tmp_path / "dbn_patches" / file).read_bytes() == kept
