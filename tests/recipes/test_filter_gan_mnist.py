"""The Filter GAN's recipe, small: offline from nothing, interrupted and continued; and its committed artifact."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

import kinv
from kinv.analysis.filters.counterparts import counterpart_quality
from kinv.training.checkpoint import Checkpoint
from recipes import filter_gan_mnist
from recipes.experiment.provenance import describe
from recipes.families import filter_gan

FIGURES = {"counterparts.png", "curves.png", "differences.png", "filters.png", "grids.png", "map.png"}


@pytest.fixture
def config(tmp_path, no_data_folder):
    smoke = filter_gan_mnist.PRESETS["smoke"]
    return replace(smoke, output=tmp_path / "artifacts", checkpoints=tmp_path / "runs")


def codes(count):
    return np.random.default_rng(0).normal(size=(count, 16)).astype("float32")


@pytest.mark.release
def test_interrupted_and_continued_it_ends_with_the_same_filters(config, monkeypatch, capsys, few_codes):
    metrics = filter_gan_mnist.run(replace(config, output=config.output / "whole"))
    out = capsys.readouterr().out
    assert "real filters, layers above retrained" in out and "98.2%" in out
    whole = config.output / "whole" / "filter_gan_mnist_conv4_smoke"
    assert json.loads((whole / "metadata.json").read_text())["metrics"] == metrics
    assert {file.name for file in (whole / "figures").iterdir()} == FIGURES

    end_of_epoch = Checkpoint.on_epoch_end

    def kill(self, epoch, logs=None):
        end_of_epoch(self, epoch, logs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Checkpoint, "on_epoch_end", kill)
        filter_gan_mnist.run(config)
    assert not (config.output / "filter_gan_mnist_conv4_smoke").exists()
    assert filter_gan_mnist.run(config) == metrics
    assert "Going on after epoch 1" in capsys.readouterr().out

    first, second = (kinv.load(folder) for folder in (whole, config.output / "filter_gan_mnist_conv4_smoke"))
    np.testing.assert_array_equal(first.generate_filters(codes(3)), second.generate_filters(codes(3)))
    exported = tf.saved_model.load(whole / "saved_model")
    np.testing.assert_allclose(exported.generate(codes(3)), first.generate_filters(codes(3)), atol=1e-6)
    assert exported.classify(np.zeros((2, 28, 28, 1), "float32")).shape == (2, 10)


LAYERS = ("conv4", "conv2")


@pytest.mark.parametrize("layer", LAYERS)
def test_the_committed_artifact_is_of_the_classifier_that_is_committed(layer):
    metadata = kinv.hub.read_metadata(kinv.hub.find(f"filter_gan_mnist_{layer}"))
    assert metadata["classifier"]["weights_sha256"] == describe(kinv.classifiers.load("digit_cnn"))["weights_sha256"]


@pytest.mark.long
@pytest.mark.parametrize("layer", LAYERS)
def test_the_exported_pooled_classifier_is_as_right_as_the_card_says(layer):
    folder = kinv.hub.find(f"filter_gan_mnist_{layer}")
    exported = tf.saved_model.load(folder / "saved_model")
    images, labels = kinv.data.load("mnist", "test", limit=1000)
    right = np.mean(np.argmax(exported.classify(images.astype("float32")), axis=-1) == labels)
    assert right == pytest.approx(kinv.hub.read_metadata(folder)["metrics"]["averaged"], abs=0.01)


@pytest.mark.release
@pytest.mark.parametrize("layer", LAYERS)
def test_its_numbers_can_be_measured_again_and_are_as_promised(layer):
    gan, classifier = kinv.load(f"filter_gan_mnist_{layer}"), kinv.classifiers.load("digit_cnn")
    gan.set_classifier(classifier)
    images, labels = kinv.data.load("mnist", "test", limit=1000)
    # one epoch on a few digits: the accuracies of retrained networks are the recipe's affair
    quality = kinv.analysis.filter_quality(gan, images[:256], labels[:256], images, labels, singles=10, epochs=1)
    kept = kinv.hub.read_metadata(kinv.hub.find(f"filter_gan_mnist_{layer}"))["metrics"]
    single, found = quality.singles.mean(), quality.metrics()
    assert single == pytest.approx(kept["single_mean"], abs=0.02) and single >= 0.95
    assert quality.movement == pytest.approx(kept["movement"], abs=0.05)
    assert quality.better_than_noise and 1 - found["generated"] <= (1 - found["best_other"]) / 2
    by_kind = quality.curves.accuracies()
    assert np.isfinite(by_kind[0]).sum() >= 4
    assert not (by_kind[0] < np.nanmax(by_kind[1:], axis=0) - 0.004).any()  # no others are better, at any movement
    assert quality.explained_variance == pytest.approx(kept["explained_variance"], abs=0.05)
    assert quality.explained_variance >= 0.75
    codes = gan.draw_codes(1000, 3)
    seen = counterpart_quality(gan, images, codes).metrics()
    assert seen["counterpart_change"] >= 15 and seen["counterpart_unchanged"] >= 0.9
    assert seen["counterpart_mismatch"] == pytest.approx(kept["counterpart_mismatch"], abs=0.05)


@pytest.mark.release
def test_grids_are_measured_again_beside_their_control():
    classifier, findings = kinv.classifiers.load("digit_cnn"), {}
    images, _ = kinv.data.load("mnist", "test", limit=500)
    for layer in LAYERS:
        gan = kinv.load(f"filter_gan_mnist_{layer}")
        gan.set_classifier(classifier)
        config = replace(filter_gan_mnist.PRESETS["default"], layer=layer)  # fewer digits vary by 3 grey levels
        shown = images.astype("float32")
        _, findings[layer] = filter_gan.match(gan, classifier, shown[:250], shown[250:], config)
        assert findings[layer]["grid_fall"] >= 1.2 * findings[layer]["control_grid_fall"]
        assert findings[layer]["grid_corner_change"] >= 15
        assert findings[layer]["grid_corner_change"] >= 1.5 * findings[layer]["control_grid_corner_change"]
        assert findings[layer]["grid_shape_change"] >= 2 * findings[layer]["control_grid_shape_change"]
        assert findings[layer]["grid_middle_change"] <= 2
        assert findings[layer]["grid_unchanged"] >= 0.9
        assert findings[layer]["grid_detour"] <= 3  # cells that do not know of each other: 4
