"""Artifacts: whole or refused, and written in one move."""

import json
import os
import shutil

import keras
import numpy as np
import pytest

import kinv
import kinv.artifacts.summary
from kinv.artifacts.manifest import copy_listed, write_manifest
from kinv.models import InvariantTransformer

from ..full_disk import files_of_at_most


@pytest.fixture(scope="module")
def transformer():
    return InvariantTransformer(family="paper", hidden_units=(8,), seed=2)


@pytest.fixture(scope="module")
def saved(transformer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("artifacts") / "itn_test"
    metadata = {"metrics": {"learned_unchanged": 0.5}, "name": "itn_test"}
    figures = {"one.png": lambda path: path.write_bytes(b"an image")}
    return kinv.save(transformer, folder, metadata, figures, card=write_card)


def write_card(metadata):
    kept = metadata["metrics"]["learned_unchanged"]
    return f"# {metadata['name']}: {kept:.0%}, with Keras {metadata['versions']['keras']}"


@pytest.fixture
def artifact(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "itn_test")


def test_what_is_saved_is_what_is_loaded(transformer, saved, images):
    again = kinv.load(saved)
    np.testing.assert_array_equal(again.augment(images, 5), transformer.augment(images, 5))
    assert again.get_config() == transformer.get_config()


def test_the_folder_has_the_documented_files(saved):
    names = {path.relative_to(saved).as_posix() for path in saved.rglob("*") if path.is_file()}
    expected = {"config.json", "model.weights.h5", "metadata.json", "README.md", "manifest.json", "figures/one.png"}
    assert expected <= names and "saved_model/saved_model.pb" in names
    assert (saved / "README.md").read_text() == f"# itn_test: 50%, with Keras {keras.__version__}"
    config = json.loads((saved / "config.json").read_text())
    assert config["class"] == "InvariantTransformer" and config["kinv"] == kinv.__version__
    assert json.loads((saved / "metadata.json").read_text())["versions"]["keras"]
    assert set(kinv.verify(saved)) == names - {"manifest.json"}


def test_names_are_found_in_artifacts(saved, monkeypatch, tmp_path):
    (tmp_path / "artifacts").mkdir()
    shutil.copytree(saved, tmp_path / "artifacts" / "mine")
    monkeypatch.chdir(tmp_path)
    assert type(kinv.load("mine")).__name__ == "InvariantTransformer"
    with pytest.raises(kinv.ArtifactError, match="'yours'"):
        kinv.load("yours")


def test_one_flipped_bit_in_any_file_is_noticed(artifact):
    for path in [path for path in artifact.rglob("*") if path.is_file()]:
        content = path.read_bytes()
        if not content:
            continue
        for position in {0, len(content) // 2, len(content) - 1}:
            damaged = bytearray(content)
            damaged[position] ^= 0x10
            path.write_bytes(damaged)
            with pytest.raises(kinv.ArtifactError):
                kinv.load(artifact)
        path.write_bytes(content)
    kinv.load(artifact)


def test_a_space_more_or_less_in_the_manifest_is_noticed(artifact):
    manifest = artifact / "manifest.json"
    text = manifest.read_text()
    for changed in (text[:-1], text + "\n", text.replace('"format": 1', '"format":  1'), text.replace("\n", "\r\n")):
        manifest.write_bytes(changed.encode())
        with pytest.raises(kinv.ArtifactError, match="changed"):
            kinv.verify(artifact)


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5", "saved_model/saved_model.pb", "manifest.json"])
def test_a_missing_file_is_noticed(artifact, name):
    (artifact / name).unlink()
    with pytest.raises(kinv.ArtifactError, match=r"incomplete|no manifest"):
        kinv.load(artifact)


def test_what_others_put_beside_it_is_ignored_and_does_not_travel(artifact, tmp_path):
    """As a hub's client, a file browser and a notebook do."""
    (artifact / ".gitattributes").write_text("* text=auto")
    (artifact / "figures" / ".DS_Store").parent.mkdir(exist_ok=True)
    (artifact / "figures" / ".DS_Store").write_bytes(bytes(9))
    (artifact / ".ipynb_checkpoints" / "a" / "b").mkdir(parents=True)
    (artifact / "link").symlink_to(tmp_path)
    assert kinv.load(artifact) is not None
    (tmp_path / "copy").mkdir()
    copy_listed(artifact, tmp_path / "copy")
    copied = {path.relative_to(tmp_path / "copy").as_posix() for path in (tmp_path / "copy").rglob("*")}
    assert not {".gitattributes", "figures/.DS_Store", ".ipynb_checkpoints", "link"} & copied
    kinv.verify(tmp_path / "copy")
    with pytest.raises(kinv.ArtifactError, match=r"besides an artifact|is a link"):  # it is not lost, either
        kinv.save(kinv.load(artifact), artifact, saved_model=False)


def test_weights_that_are_no_numbers_are_not_saved(transformer, tmp_path):
    broken = type(transformer).from_config(transformer.get_config())
    broken.trainable_variables[0].assign(np.nan * broken.trainable_variables[0])
    with pytest.raises(ValueError, match="NaN or infinity"):
        kinv.save(broken, tmp_path / "broken")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["../x.png", "/tmp/x.png", "a/b.png", "film.gif", ""])
def test_figures_have_plain_names(transformer, tmp_path, name):
    with pytest.raises(ValueError, match="plain names"):
        kinv.save(transformer, tmp_path / "a", figures={name: lambda path: path.write_bytes(b"x")})
    assert not any(tmp_path.iterdir())


def test_an_extra_file_in_the_saved_model_and_a_link_are_noticed(artifact, tmp_path):
    (artifact / "saved_model" / "extra.py").write_text("print('hello')")
    with pytest.raises(kinv.ArtifactError, match=r"extra\.py"):
        kinv.verify(artifact)
    (artifact / "saved_model" / "extra.py").unlink()
    (tmp_path / "outside").write_bytes((artifact / "config.json").read_bytes())
    (artifact / "config.json").unlink()
    (artifact / "config.json").symlink_to(tmp_path / "outside")
    with pytest.raises(kinv.ArtifactError, match="link"):
        kinv.verify(artifact)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/../../outside", "a\\b", "c:x", "./config.json", ""])
def test_a_path_that_leaves_the_folder_is_refused(artifact, name):
    manifest = json.loads((artifact / "manifest.json").read_text())
    manifest["files"][name] = {"sha256": "0" * 64, "size": 1}
    (artifact / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(kinv.ArtifactError, match="plain path"):
        kinv.verify(artifact)


@pytest.mark.parametrize(
    "manifest",
    ["", "[]", "{}", '{"format": 2, "files": {}}', '{"format": 1, "files": {"a": {"sha256": "x", "size": 1}}}',
     '{"format": 1, "files": {"a": {"sha256": "%s", "size": -1}}}' % ("0" * 64), "[" * 100_000],
)  # fmt: skip
def test_a_manifest_that_is_none_is_refused(artifact, manifest):
    (artifact / "manifest.json").write_text(manifest)
    with pytest.raises(kinv.ArtifactError):
        kinv.verify(artifact)


@pytest.mark.parametrize(
    "change",
    [
        {"class": "Lambda"},
        {"class": "os.system"},
        {"config": {"channels": 7}},
        {"config": {"surprise": 1}},
        {"config": []},
        {"more": 1},
    ],
)
def test_a_config_that_is_not_ours_is_refused_even_if_its_hash_is_right(artifact, change):
    config = json.loads((artifact / "config.json").read_text())
    (artifact / "config.json").write_text(json.dumps({**config, **change}))
    write_manifest(artifact)
    with pytest.raises(kinv.ArtifactError):
        kinv.load(artifact)


def test_weights_of_another_shape_are_refused(artifact):
    InvariantTransformer(family="paper", hidden_units=(9,)).save_weights(artifact / "model.weights.h5")
    write_manifest(artifact)
    with pytest.raises(kinv.ArtifactError):
        kinv.load(artifact)


def test_a_failed_save_leaves_the_old_artifact_and_nothing_else(artifact, transformer, images):
    def fail(path):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        kinv.save(InvariantTransformer(), artifact, figures={"x.png": fail})
    assert sorted(os.listdir(artifact.parent)) == ["itn_test"]
    np.testing.assert_array_equal(kinv.load(artifact).augment(images, 1), transformer.augment(images, 1))


def test_a_new_save_replaces_the_old_artifact_whole(artifact, images):
    other = InvariantTransformer(family="paper", hidden_units=(3,), seed=9)
    kinv.save(other, artifact)
    assert not (artifact / "figures").exists()
    np.testing.assert_array_equal(kinv.load(artifact).augment(images, 1), other.augment(images, 1))


def test_a_folder_that_is_no_artifact_is_left_alone(tmp_path, transformer):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(kinv.ArtifactError, match="left alone"):
        kinv.save(transformer, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_what_load_would_refuse_is_not_kept(tmp_path, transformer):
    inputs = keras.Input((4, 4, 3))
    reads = keras.layers.Lambda(lambda x: x + 0 * keras.ops.cast(len_of_file(), "float32"), output_shape=(4, 4, 3))
    with pytest.raises(kinv.ArtifactError, match="would run 'ReadFile'"):
        kinv.save(transformer, tmp_path / "a", classifiers={"own": keras.Model(inputs, reads(inputs))})
    assert not any(tmp_path.iterdir())


def len_of_file():
    import tensorflow as tf

    return tf.strings.length(tf.io.read_file("/etc/hostname"))


def test_what_can_not_be_kept_is_said(tmp_path, transformer):
    with pytest.raises(ValueError, match=r"model\.save"):
        kinv.save(keras.Sequential(), tmp_path / "a")
    with pytest.raises(ValueError, match="NaN"):
        kinv.save(transformer, tmp_path / "a", metadata={"metrics": {"x": float("nan")}})
    assert not (tmp_path / "a").exists()


# === Reuse without kinv ===


def test_the_state_of_random_numbers_is_kept(tmp_path, images):
    transformer = InvariantTransformer(family="paper", hidden_units=(8,), seed=2)
    transformer(images)
    again = kinv.load(kinv.save(transformer, tmp_path / "drawn"))
    np.testing.assert_array_equal(again(images), transformer(images))


def test_a_classifier_is_not_taken_by_its_name_alone(tmp_path):
    other = kinv.classifiers.CLASSIFIERS["digit_cnn"].build(input_shape=(32, 32, 1))
    with pytest.raises(ValueError, match="received Functional 'digit_cnn'"):
        kinv.save(other, tmp_path / "other")
    assert not any(tmp_path.iterdir())


def test_a_configuration_that_names_a_classifier_is_refused(artifact):
    config = json.loads((artifact / "config.json").read_text())
    config["config"]["classifier"] = "mine"
    (artifact / "config.json").write_text(json.dumps(config))
    write_manifest(artifact)
    with pytest.raises(kinv.ArtifactError, match="unknown keys"):
        kinv.load(artifact)


@pytest.mark.parametrize("limit", [100, 60_000])
def test_a_full_disk_is_one_line_that_names_the_folder_and_leaves_what_was_there(transformer, artifact, limit):
    """60,000 bytes are enough for the weights, and too few for TensorFlow's graph."""
    before = kinv.verify(artifact)
    with files_of_at_most(limit), pytest.raises(OSError, match=r"^[^\n]*File too large[^\n]*$") as failed:
        kinv.save(transformer, artifact)
    assert failed.value.filename == str(artifact / ("" if limit == 100 else "saved_model"))
    assert kinv.verify(artifact) == before and os.listdir(artifact.parent) == [artifact.name]
