"""Averages beside the control: every seed is measured once, and what is printed is the mean of the pairs."""

from dataclasses import replace

import numpy as np
import pytest

from recipes import filter_gan_control
from recipes.experiment.material import load_digits

SMOKE = filter_gan_control.PRESETS["smoke"]


def test_seeds_are_paired_and_measured_once(tmp_path, no_data_folder, monkeypatch, capsys):
    pairs = {0: (0.98, 0.99), 1: (0.97, 0.97), 2: (0.99, 0.97)}
    answers = {seed: {"averaged": first, "noise": 0.9, "control": last} for seed, (first, last) in pairs.items()}
    asked = []
    monkeypatch.setattr(filter_gan_control, "measure", lambda *given: asked.append(given[-1]) or answers[given[-1]])
    config = replace(SMOKE, output=tmp_path, checkpoints=tmp_path / "runs")
    assert filter_gan_control.run(config)["averaged_difference"] == pytest.approx(-0.005)
    metrics = filter_gan_control.run(replace(config, seeds=3))
    assert asked == [0, 1, 2]
    assert metrics["averaged"] == pytest.approx(0.98)
    assert metrics["averaged_difference"] == pytest.approx(0.01 / 3)
    differences = np.array([-0.01, 0, 0.02])
    assert metrics["averaged_standard_error"] == pytest.approx(differences.std(ddof=1) / np.sqrt(3))
    assert metrics["noise_difference"] == pytest.approx(0.9 - (0.99 + 0.97 + 0.97) / 3)
    assert "+0.333 ± 0.882" in capsys.readouterr().out
    filter_gan_control.run(replace(config, retrain_epochs=3))
    assert asked == [0, 1, 2, 0, 1]


def test_the_control_without_retraining_is_the_network(no_data_folder):
    import kinv

    config = replace(SMOKE, retrain_epochs=0)
    train, test = load_digits(config.data, config.download, config.limit)
    gan, classifier = kinv.load("filter_gan_mnist_conv4"), kinv.classifiers.load("digit_cnn")
    gan.set_classifier(classifier)
    found = filter_gan_control.measure(gan, train, test, config, seed=0)
    assert found["control"] == kinv.analysis.accuracy(classifier, test.images, test.labels)
    assert 0.8 < found["averaged"] <= 1 and found["noise"] <= 1


def test_one_seed_has_no_standard_error(no_data_folder):
    with pytest.raises(ValueError, match="seeds must be at least 2 for a standard error, received 1"):
        filter_gan_control.run(replace(SMOKE, seeds=1))
