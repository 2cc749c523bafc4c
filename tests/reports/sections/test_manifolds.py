"""Manifolds of class units on the page."""

import keras
import numpy as np
import pytest

from kinv.json_values import json_values
from kinv.reports.sections import manifolds


@pytest.fixture(scope="module")
def section(subject):
    return json_values(manifolds.make(subject(unit_steps=20)))


def test_frames_lead_away_from_the_image_that_was_made(section, subject, folder):
    predicted = set(subject().predictions.classes.tolist())
    assert {unit["name"] for unit in section["units"]} <= {subject().names[unit] for unit in predicted}
    for unit in section["units"]:
        assert [frame["distance"] for frame in unit["frames"]] == list(manifolds.DISTANCES)
        assert unit["frames"][0]["kept"] == pytest.approx(1, abs=1e-3) and unit["frames"][-1]["linear"] == 0.5
        assert all((folder / frame["file"]).is_file() for frame in unit["frames"])


def test_the_page(section, shown):
    html = shown("manifolds", section)
    assert html.count('class="frame"') == 6 * len(section["units"]) and "20 %" in html


def test_units_that_nothing_pleases(subject, network, monkeypatch):
    model = keras.models.clone_model(
        keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
    )
    model.layers[-1].set_weights([np.full((192, 2), -1.0), np.array([-1.0, -2.0])])
    with pytest.raises(ValueError, match="no image was found to which the unit of a class answers"):
        manifolds.make(subject(model, unit_steps=5))
