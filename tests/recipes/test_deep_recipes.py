"""The recipes of Boltzmann machines and autoencoders, small: offline from nothing, interrupted and continued."""

import json
from dataclasses import replace

import numpy as np
import pytest

import kinv
from kinv.hub.checkpoint import Checkpoint
from recipes import dbn_mnist, rbm_mnist, sdae_patches, sdae_rotated_mnist


@pytest.fixture
def small(tmp_path, no_data_folder):
    def config(recipe, **settings):
        folders = {"output": tmp_path / "artifacts", "checkpoints": tmp_path / "runs"}
        return replace(recipe.PRESETS["smoke"], preset="smoke", **folders, **settings)

    return config


def read(folder):
    kinv.verify(folder)
    assert not (folder / "saved_model").exists() and (folder / "README.md").stat().st_size > 500
    return json.loads((folder / "metadata.json").read_text())


def test_interrupted_while_layers_are_trained_and_while_tuned(small, monkeypatch, capsys):
    config = small(dbn_mnist)
    metrics = dbn_mnist.run(replace(config, output=config.output / "whole"))
    whole = config.output / "whole" / "dbn_mnist_smoke"
    assert read(whole)["metrics"] == metrics and "LISA" in capsys.readouterr().out

    end_of_epoch, left = Checkpoint.on_epoch_end, [1, 1]

    def stop(self, epoch, logs=None):
        end_of_epoch(self, epoch, logs)
        if left and epoch == 0:
            left.pop()
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoint, "on_epoch_end", stop)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            dbn_mnist.run(config)
        assert not (config.output / "dbn_mnist_smoke").exists()
    assert dbn_mnist.run(config) == metrics
    assert "Going on after epoch 1 of 2" in capsys.readouterr().out
    assert not any(config.checkpoints.iterdir())
    first, second = (kinv.load(folder) for folder in (whole, config.output / "dbn_mnist_smoke"))
    digits = np.random.default_rng(0).random((3, 784)).astype("float32")
    np.testing.assert_array_equal(first(digits), second(digits))
    assert {file.name for file in (whole / "figures").iterdir()} == {
        "filters.png",
        "reconstructions.png",
        "samples.png",
    }


def test_a_fine_tuned_network_is_an_artifact_of_its_own(small, tmp_path):
    config = small(sdae_rotated_mnist)
    metrics = sdae_rotated_mnist.run(config)
    folder = config.output / "sdae_rotated_mnist_smoke"
    assert read(folder)["metrics"] == metrics
    classifier = kinv.load(folder)
    images, labels = kinv.data.find("rotated_mnist", "test").evenly(200).load()
    error = 1 - kinv.analysis.accuracy(classifier, images, labels)
    assert error == pytest.approx(metrics["test_error"], abs=0.011)  # of 200; weights are float16 now
    exported = kinv.hub.export(classifier, tmp_path / "exported")
    assert (exported / "saved_model.pb").is_file()


def test_a_boltzmann_machine_says_how_probable_digits_are(small, capsys):
    metrics = rbm_mnist.run(small(rbm_mnist))
    assert -784 * np.log(2) < metrics["log_likelihood"] < 0 and -784 * np.log(2) < metrics["pseudo_likelihood"] < 0
    assert metrics["log_partition_low"] <= metrics["log_partition"] <= metrics["log_partition_high"]
    assert "published" in capsys.readouterr().out


def test_patches(small):
    config = small(sdae_patches)
    metrics = sdae_patches.run(config)
    metadata = read(config.output / "sdae_patches_smoke")
    assert metadata["metrics"] == metrics and "whitened" in metadata["data"]["train"]
    assert 0 <= metrics["gabor_share"] <= 1
