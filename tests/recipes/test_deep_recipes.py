"""The recipes of Boltzmann machines and autoencoders, small: offline from nothing, interrupted and continued."""

import json
from dataclasses import replace

import numpy as np
import pytest

import kinv
from kinv.training.checkpoint import Checkpoint
from recipes import dbn_mnist, rbm_mnist, sdae_patches, sdae_rotated_mnist
from recipes.deep_training import recipe_of
from recipes.training import steps_at_a_time


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


SEVEN_STEPS = {"batch_size": 28, "tune_batch_size": 28, "tune_epochs": 3}  # of 200 pictures: what 10 does not divide


def test_interrupted_while_layers_are_trained_and_while_tuned(small, monkeypatch, capsys):
    config = small(sdae_rotated_mnist, **SEVEN_STEPS)
    metrics = sdae_rotated_mnist.run(replace(config, output=config.output / "whole"))
    whole = config.output / "whole" / "sdae_rotated_mnist_smoke"
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
                sdae_rotated_mnist.run(config)
            assert not (config.output / "sdae_rotated_mnist_smoke").exists()
    assert sdae_rotated_mnist.run(config) == metrics
    assert "Going on after epoch 1" in capsys.readouterr().out
    assert not any(config.checkpoints.iterdir())
    first, second = (kinv.load(folder) for folder in (whole, config.output / "sdae_rotated_mnist_smoke"))
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_error_is_that_of_the_network_in_the_artifact(small, tmp_path):
    config = small(sdae_rotated_mnist, tune_epochs=20)
    metrics = sdae_rotated_mnist.run(config)
    classifier = kinv.load(config.output / "sdae_rotated_mnist_smoke")
    images, labels = kinv.data.find("rotated_mnist", "test").evenly(200).load()
    assert 1 - kinv.analysis.accuracy(classifier, images, labels) == pytest.approx(metrics["test_error"], abs=1e-6)
    exported = kinv.hub.export(classifier, tmp_path / "exported")
    assert (exported / "saved_model.pb").is_file() and len(list(tmp_path.glob(".exported*"))) == 0


def test_deformed_pictures_are_those_of_the_recipe(small, monkeypatch):
    streams, deform = [], kinv.data.deformed_mnist
    monkeypatch.setattr(
        kinv.data, "deformed_mnist", lambda *args, **settings: streams.append(settings) or deform(*args, **settings)
    )
    config = small(dbn_mnist, data="silhouettes", deformed=True, tune_epochs=1)
    dbn_mnist.run(config)
    assert [settings["source"].name for settings in streams] == ["silhouettes"] * 2
    metadata = read(config.output / "dbn_silhouettes_smoke")
    assert metadata["data"]["train"].startswith("elastically deformed: 200 of")
    assert metadata["recipe"] == "recipes.dbn_silhouettes"
    figures = {file.name for file in (config.output / "dbn_silhouettes_smoke" / "figures").iterdir()}
    assert figures == {"filters.png", "reconstructions.png", "samples.png"}


@pytest.mark.parametrize(
    ("kind", "data_name", "keep_classifier", "recipe"),
    [
        ("sdae", "mnist", False, "recipes.sdae_mnist"),
        ("sdae", "rotated_mnist", True, "recipes.sdae_rotated_mnist"),
        ("sdae", "rotated_mnist", False, "recipes.sdae_mnist"),  # --data rotated_mnist
        ("dbn", "rotated_mnist", False, "recipes.dbn_mnist"),
        ("dbn", "silhouettes", False, "recipes.dbn_silhouettes"),
    ],
)
def test_an_artifact_names_a_recipe_that_makes_its_kind(kind, data_name, keep_classifier, recipe):
    assert recipe_of(kind, data_name, keep_classifier) == recipe


@pytest.mark.parametrize(("steps", "count"), [(600, 15), (138, 6), (7, 7), (19, 1), (1, 1)])
def test_executions_divide_an_epoch(steps, count):
    assert steps_at_a_time(steps) == count and steps % count == 0


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
    assert 0 <= metrics["edge_share"] <= 1
