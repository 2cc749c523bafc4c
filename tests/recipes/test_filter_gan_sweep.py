"""The sweep over lambda and the least spread, small: every pair is measured once, also after an interruption."""

import itertools
import json
from dataclasses import replace

import pytest

from kinv.models.filter_gan import figures
from recipes import filter_gan_sweep
from recipes.families import filter_gan, filter_gan_report


@pytest.mark.release
def test_it_measures_every_pair_once(tmp_path, no_data_folder, monkeypatch, capsys, few_codes):
    smoke = filter_gan_sweep.PRESETS["smoke"]
    config = replace(smoke, output=tmp_path / "runs", checkpoints=tmp_path / "runs")
    points = filter_gan_sweep.run(config)
    assert [(p["information_weight"], p["min_diversity"]) for p in points] == [(0.3, 0.0), (0.3, 1.0)]
    folder = tmp_path / "runs" / "filter_gan_sweep_conv4_mnist_smoke"
    assert json.loads((folder / "numbers.json").read_text())["results"] == points
    assert (folder / "sweep.png").stat().st_size > 1000
    assert points[0] != {**points[1], "min_diversity": 0.0}

    trained, seen = filter_gan.trained, []
    monkeypatch.setattr(filter_gan, "trained", lambda *given: seen.append(given) or trained(*given))
    assert filter_gan_sweep.run(replace(config, diversities=(0.0, 1.0, 2.0)))[:2] == points
    assert len(seen) == 1
    assert "explained" in capsys.readouterr().out


@pytest.mark.parametrize("layer", ["conv4", "conv2"])
def test_the_committed_sweep_is_of_this_recipe_and_can_be_drawn(layer):
    config = replace(filter_gan_sweep.PRESETS["default"], layer=layer)
    points = filter_gan_report.sweep_of(layer)
    pairs = {(point["information_weight"], point["min_diversity"]) for point in points}
    assert pairs == set(itertools.product(config.weights, config.diversities))
    accuracy, _ = figures.diversity_against_accuracy(points).axes
    assert len(accuracy.lines) == len(config.weights) + 1
