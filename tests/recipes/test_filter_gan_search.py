"""The search over designs of a Filter GAN, small: every design is trained once, and its curve is kept."""

from dataclasses import replace

import pytest

from recipes import filter_gan_search


@pytest.mark.release
def test_every_design_is_trained_once_and_measured(tmp_path, no_data_folder, capsys, monkeypatch):
    config = replace(filter_gan_search.PRESETS["smoke"], output=tmp_path, checkpoints=tmp_path / "runs")
    monkeypatch.setattr(filter_gan_search, "DESIGNS", dict(list(filter_gan_search.DESIGNS.items())[-2:]))
    rows = filter_gan_search.run(config)
    assert [row["design"] for row in rows] == list(filter_gan_search.DESIGNS)
    assert all(0 <= row["accuracies"][0] <= 1 and row["counterpart_change"] > 0 for row in rows)
    out = capsys.readouterr().out
    assert "whitened noise" in out and "counterparts, both, two layers" in out
    (folder,) = tmp_path.glob("filter_gan_search_conv4_mnist_smoke*")
    assert list(folder.rglob("search.png"))
    assert filter_gan_search.run(config) == rows
    assert "epoch" not in capsys.readouterr().out  # nothing is trained again
