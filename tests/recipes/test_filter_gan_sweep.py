"""The sweep over lambda and noise, small: every pair is measured once, also after an interruption."""

import json
from dataclasses import replace

import pytest

from recipes import filter_gan_sweep, filter_gan_training


@pytest.mark.long
def test_it_measures_every_pair_once(tmp_path, no_data_folder, monkeypatch, capsys, few_codes):
    smoke = filter_gan_sweep.PRESETS["smoke"]
    config = replace(smoke, preset="smoke", output=tmp_path / "runs")
    points = filter_gan_sweep.run(config)
    assert [(p["information_weight"], p["noise"]) for p in points] == [(0.3, 0.0), (0.3, 1.0)]
    folder = tmp_path / "runs" / "filter_gan_sweep_conv4_smoke"
    assert json.loads((folder / "sweep.json").read_text()) == points
    assert (folder / "sweep.png").stat().st_size > 1000
    assert points[0] != {**points[1], "noise": 0.0}

    trained, seen = filter_gan_training.trained, []
    monkeypatch.setattr(filter_gan_training, "trained", lambda *given: seen.append(given) or trained(*given))
    assert filter_gan_sweep.run(replace(config, noises=(0.0, 1.0, 2.0)))[:2] == points
    assert len(seen) == 1
    assert "explained" in capsys.readouterr().out
