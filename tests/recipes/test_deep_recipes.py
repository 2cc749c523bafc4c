"""The recipes of Boltzmann machines and autoencoders, small: offline from nothing, interrupted and continued."""

import json
from dataclasses import replace

import numpy as np
import pytest

import kinv
from kinv.training import steps_at_a_time
from kinv.training.checkpoint import Checkpoint
from recipes import dbn_mnist, rbm_mnist, sdae_mnist, sdae_patches


@pytest.fixture
def small(tmp_path, no_data_folder):
    def config(recipe, data=None, **settings):
        folders = {"output": tmp_path / "artifacts", "checkpoints": tmp_path / "runs"}
        presets = recipe.DATA[data] if data else recipe.PRESETS
        return replace(presets["smoke"], **folders, **settings)

    return config


def read(folder):
    kinv.verify(folder)
    assert not (folder / "saved_model").exists() and (folder / "README.md").stat().st_size > 500
    return json.loads((folder / "metadata.json").read_text())


SEVEN_STEPS = {"batch_size": 28, "tune_batch_size": 28, "tune_epochs": 3}  # of 200 images: what 10 does not divide


@pytest.mark.release
def test_interrupted_while_layers_are_trained_and_while_tuned(small, monkeypatch, capsys):
    config = small(sdae_mnist, "rotated", **SEVEN_STEPS)
    metrics = sdae_mnist.run(replace(config, output=config.output / "whole"))
    (whole,) = (config.output / "whole").iterdir()
    assert whole.name.startswith("sdae_rotated_mnist_smoke_")
    assert read(whole)["metrics"] == metrics

    end_of_epoch, left = Checkpoint.on_epoch_end, [1, 1]

    def stop(self, epoch, logs=None):
        end_of_epoch(self, epoch, logs)
        if left and epoch == 0:
            left.pop()
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "on_epoch_end", stop)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                sdae_mnist.run(config)
            assert not (config.output / whole.name).exists()
    assert sdae_mnist.run(config) == metrics
    assert "Going on after epoch 1" in capsys.readouterr().out
    assert not any(config.checkpoints.iterdir())
    first, second = (kinv.load(folder) for folder in (whole, config.output / whole.name))
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.release
def test_the_error_is_that_of_the_network_in_the_artifact(small, tmp_path):
    config = small(sdae_mnist, "rotated", tune_epochs=20)
    metrics = sdae_mnist.run(config)
    classifier = kinv.load(config.output / "sdae_rotated_mnist_smoke_tune_epochs20")
    images, labels = kinv.data.find("rotated_mnist", "test").evenly(200).load()
    assert 1 - kinv.analysis.accuracy(classifier, images, labels) == pytest.approx(metrics["test_error"], abs=1e-6)
    exported = kinv.export(classifier, tmp_path / "exported")["classify"]
    assert (exported / "saved_model.pb").is_file() and len(list(tmp_path.glob(".exported*"))) == 0


@pytest.mark.release
def test_deformed_images_are_those_of_the_recipe(small, monkeypatch):
    streams, deform = [], kinv.data.deformed_mnist
    monkeypatch.setattr(
        kinv.data, "deformed_mnist", lambda *args, **settings: streams.append(settings) or deform(*args, **settings)
    )
    config = small(dbn_mnist, "silhouettes", deformed=True, tune_epochs=1)
    dbn_mnist.run(config)
    assert [settings["source"].name for settings in streams] == ["silhouettes"] * 2
    (folder,) = config.output.iterdir()
    metadata = read(folder)
    assert metadata["data"]["train"].startswith("elastically deformed: 200 of")
    assert metadata["recipe"] == "recipes.dbn_mnist" and metadata["config"]["data"] == "silhouettes"
    figures = {file.name for file in (folder / "figures").iterdir()}
    assert figures == {"filters.png", "reconstructions.png", "samples.png"}


@pytest.mark.parametrize(("steps", "count"), [(600, 15), (138, 6), (7, 7), (19, 1), (1, 1)])
def test_executions_divide_an_epoch(steps, count):
    assert steps_at_a_time(steps) == count and steps % count == 0


@pytest.mark.long
def test_a_boltzmann_machine_says_how_probable_digits_are(small, capsys):
    metrics = rbm_mnist.run(small(rbm_mnist))
    assert -784 * np.log(2) < metrics["log_likelihood"] < 0 and -784 * np.log(2) < metrics["pseudo_likelihood"] < 0
    assert metrics["log_partition_low"] <= metrics["log_partition"] <= metrics["log_partition_high"]
    assert "published" in capsys.readouterr().out


@pytest.mark.long
def test_patches(small):
    config = small(sdae_patches)
    metrics = sdae_patches.run(config)
    metadata = read(config.output / "sdae_patches_photos_smoke")
    assert metadata["metrics"] == metrics and "whitened" in metadata["data"]["train"]
    assert 0 < metrics["explained_by_gabor"] < 0.6 and metrics["unexplained_variance"] > 0.5  # it has learned nothing
