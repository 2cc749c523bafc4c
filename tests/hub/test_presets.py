"""Presets: known by name, found where they are, and never mistaken for another's artifact of the same name."""

import json
import shutil
from pathlib import Path

import pytest
from huggingface_hub import constants

import kinv
from kinv.hub import listing, presets, resolve
from kinv.places import artifact_folders
from recipes.experiment import presets as recipe

OWN = artifact_folders()[-1]


def test_the_table_is_that_of_the_artifacts(tmp_path, monkeypatch):
    written = presets.TABLE.read_text(encoding="utf-8")
    monkeypatch.setattr(presets, "TABLE", tmp_path / "presets.json")
    shutil.copy(Path(presets.__file__).with_suffix(".json"), tmp_path / "presets.json")
    recipe.run(OWN)
    assert (tmp_path / "presets.json").read_text(encoding="utf-8") == written


def test_every_preset_is_listed_with_what_it_is_and_where():
    table = kinv.list_presets().set_index("preset")
    assert set(table.index) == set(presets.presets()) >= {"itn_squeezenet", "digit_cnn", "dbn_patches"}
    row = table.loc["itn_squeezenet"]
    assert row["class"] == "InvariantTransformer" and row["where"] == str(OWN / "itn_squeezenet")
    assert "85%" in row["result"] and "52%" in row["control"] and row["license"] == "Apache-2.0"
    assert (table["about"].str.len() > 10).all() and (table["bytes"] > 1e5).all()


def test_a_class_loads_its_own_presets_only():
    model = kinv.models.InvariantTransformer.from_preset("itn_squeezenet")
    assert isinstance(model, kinv.models.InvariantTransformer)
    with pytest.raises(ValueError, match="'dbn_patches' holds DeepBeliefNetwork, not InvariantTransformer"):
        kinv.models.InvariantTransformer.from_preset("dbn_patches")


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """A machine without any artifact."""
    for module in (presets, resolve, listing):
        monkeypatch.setattr(module, "artifact_folders", lambda: [tmp_path / "artifacts"])
    return tmp_path


def test_what_is_not_here_says_how_to_get_it(elsewhere, monkeypatch):
    with pytest.raises(kinv.ArtifactError, match=r"'filter_gan_mnist_conv4' is not on this machine .*checkout of kinv"):
        kinv.load("filter_gan_mnist_conv4", cache_dir=elsewhere / "cache")
    known = presets.presets()["sdae_mnist"]
    published = {**presets.presets(), "sdae_mnist": presets.Preset(**{**vars(known), "commit": "c" * 40})}
    for module in (presets, resolve, listing):
        monkeypatch.setattr(module, "presets", lambda: published)
    monkeypatch.setenv("KINV_HUB_ORGANISATION", "lab")
    with pytest.raises(kinv.ArtifactError, match=rf"kinv pull hf://lab/sdae_mnist@{'c' * 40} \(5\.6 MB\)"):
        kinv.load("sdae_mnist", cache_dir=elsewhere / "cache")
    rows = {row.artifact: row for row in listing.local()}
    assert not rows["sdae_mnist"].here and "hf://lab/sdae_mnist@" in rows["sdae_mnist"].where
    with pytest.raises(kinv.ArtifactError, match="did you mean sdae_mnist"):
        kinv.load("sdae_mnits", cache_dir=elsewhere / "cache")


def test_a_pulled_one_of_the_same_name_has_to_be_the_same(elsewhere, local, artifact, cache, monkeypatch):
    handle, _ = local.push(artifact, saved_model=False)
    name = handle.split("/")[-1]
    pulled = kinv.pull(handle, token=local.token, cache_dir=cache)
    known = presets.presets()["itn_squeezenet"]
    for sha256, same in (("0" * 64, False), (presets.manifest_sha256(pulled), True)):
        preset = presets.Preset(**{**vars(known), "name": name, "published_sha256": sha256})
        monkeypatch.setattr(resolve, "presets", lambda preset=preset: {name: preset})
        if same:
            assert kinv.load(name, cache_dir=cache).get_config()["hidden_units"] == [4]
        else:
            with pytest.raises(kinv.ArtifactError, match="is not kinv's own artifact of this name"):
                kinv.load(name, cache_dir=cache)
    assert kinv.load(handle, token=local.token, cache_dir=cache) is not None  # its full handle is what was asked for


def test_published_ones_are_pinned_by_commit_and_manifest(local, tmp_path, monkeypatch, capsys):
    shutil.copytree(OWN / "sdae_patches", tmp_path / "mine" / "sdae_patches")
    monkeypatch.setattr(presets, "TABLE", tmp_path / "presets.json")
    (tmp_path / "presets.json").write_text("{}")
    monkeypatch.setattr(presets, "organisation", lambda: "lab")
    commit = kinv.push(
        tmp_path / "mine" / "sdae_patches", "hf://lab/sdae_patches", token=local.token, saved_model=False
    )
    monkeypatch.setenv("HF_TOKEN", local.token)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    presets.presets.cache_clear()
    try:
        recipe.run(tmp_path / "mine", published=True)
        row = json.loads((tmp_path / "presets.json").read_text())["sdae_patches"]
        assert row["commit"] == commit.split("@")[1] and len(row["published_sha256"]) == 64
        recipe.run(tmp_path / "mine")  # pins stay
        assert json.loads((tmp_path / "presets.json").read_text())["sdae_patches"] == row
    finally:
        monkeypatch.undo()
        presets.presets.cache_clear()


def test_figures_may_be_left_out_all_of_them(tmp_path):
    shutil.copytree(OWN / "itn_squeezenet", tmp_path / "bare")
    shutil.rmtree(tmp_path / "bare" / "figures")
    kinv.verify(tmp_path / "bare")
    assert kinv.load(tmp_path / "bare") is not None
    with pytest.raises(kinv.ArtifactError, match="came without its figures"):
        kinv.push(tmp_path / "bare", "hf://lab/bare")
    (tmp_path / "bare" / "figures").mkdir()
    with pytest.raises(kinv.ArtifactError, match=r"incomplete: figures/.* missing"):
        kinv.verify(tmp_path / "bare")
