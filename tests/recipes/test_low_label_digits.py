"""The experiment with few labels, small: five arms, every number of labels and seed once, nothing measured twice."""

import json
from dataclasses import replace

import numpy as np
import pytest

from recipes import low_label_digits


@pytest.mark.release
def test_every_arm_is_measured_once(tmp_path, no_data_folder, monkeypatch, capsys):
    config = replace(
        low_label_digits.PRESETS["smoke"], output=tmp_path / "runs", checkpoints=tmp_path / "runs", labels=(20,)
    )
    rows = low_label_digits.run(config)
    assert [(row["labels"], row["seed"]) for row in rows] == [(20, 0)]
    assert all(0 < rows[0][arm] <= 1 for arm in low_label_digits.ARMS)
    folder = tmp_path / "runs" / "low_label_digits_mnist_smoke_labels20"
    assert json.loads((folder / "numbers.json").read_text())["results"] == rows
    assert (folder / "errors.png").stat().st_size > 1000
    assert "shifted filters" in capsys.readouterr().out

    asked = []
    nothing = dict.fromkeys(low_label_digits.ARMS, 0.5)
    monkeypatch.setattr(low_label_digits, "measure", lambda count, seed, *_: asked.append((count, seed)) or nothing)
    again = low_label_digits.run(replace(config, labels=(20, 30), seeds=2))
    assert again[0] == rows[0] and asked == [(20, 1), (30, 0), (30, 1)]


def test_classes_are_balanced():
    labels = np.random.default_rng(0).integers(0, 10, 500)
    chosen = low_label_digits._balanced(labels, 100, np.random.default_rng(1))
    assert len(set(chosen)) == 100
    assert (np.bincount(labels[chosen]) == 10).all()
    other = low_label_digits._balanced(labels, 100, np.random.default_rng(2))
    assert set(other) != set(chosen)
