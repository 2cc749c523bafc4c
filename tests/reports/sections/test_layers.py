"""Movements of layers on the page: sentences claim no more than the intervals allow."""

import keras
import numpy as np
import pytest

from kinv.json_values import json_values
from kinv.reports import magnitudes
from kinv.reports.sections import layers
from kinv.reports.stages import stages_of


def row(name, **movements):
    """Each movement with an interval of 0.05 either way."""
    cells = [
        {"transformation": one, "movement": value, "low": value - 0.05, "high": value + 0.05}
        for one, value in movements.items()
    ]
    return {"layer": name, "cells": cells}


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (
            {"rotation": 0.9, "blur": 0.5, "noise": 0.3},
            {"rotation": 0.8, "blur": 0.1, "noise": 0.45},
            [
                "At the last layer, end, little is left of blur: they move its output by less than 0.2 times the "
                "distance to another image; rotation by 0.80.",
                "From the first to the last layer, movement falls for blur and rises for noise.",
            ],
        ),
        (
            {"rotation": 0.9, "blur": 0.5},
            {"rotation": 0.85, "blur": 0.48},
            [
                "At the last layer, end, rotation moves the output by 0.85 times the distance to another image, blur "
                "only by 0.48.",
                "With depth, movements neither fall nor rise beyond their intervals.",
            ],
        ),
        (
            {"rotation": 0.9, "blur": 0.5},
            {"rotation": 0.55, "blur": 0.5},
            [
                "At the last layer, end, all transformations move the output about equally far: by 0.45 to 0.60 times "
                "the distance to another image.",
                "From the first to the last layer, movement falls for rotation.",
            ],
        ),
    ],
)
def test_sentences(first, last, said):
    assert layers._sentences([row("begin", **first), row("between", **first), row("end", **last)]) == said


def test_many_names_are_counted():
    cells = [{"transformation": name} for name in ("blur", "noise", "zoom", "rotation", "contrast")]
    assert layers._names(cells) == "blur, noise, zoom in or out and 2 more"
    assert layers._names(cells[:4]) == "blur, noise, zoom in or out and rotation"
    assert layers._names(cells[:1]) == "blur"


@pytest.fixture(scope="module", autouse=True)
def few_transformations():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(magnitudes, "FEWER", {"rotation": (-90, 90), "contrast": (0, 3), "greyscale": (1,)})
        yield


@pytest.fixture(scope="module")
def section(subject):
    return json_values(layers.make(subject()))


def test_numbers_are_those_of_the_table(section, subject, folder):
    assert [(one["layer"], one["depth"]) for one in section["rows"]] == [("first", 1), ("mixed", 2), ("classes", 3)]
    assert section["images"] == 6 and len(section["transformations"]) == len(section["rows"][0]["cells"])
    for cell in (cell for one in section["rows"] for cell in one["cells"]):
        assert 0 <= cell["low"] <= cell["movement"] <= cell["high"]
    names = [one["name"] for one in section["transformations"]]
    assert [cell["transformation"] for cell in section["rows"][0]["cells"]] == names and "greyscale" in names
    assert all((folder / place).is_file() for place in (*section["tables"], *section["figures"]))
    assert section == json_values(layers.make(subject()))


def test_the_page_has_a_row_for_each_layer(section, shown):
    html = shown("layers", section)
    assert html.count("<tr>") == 1 + 3 and "2 of 3" in html and section["sentences"][1] in html
    assert f"--moved: {section['rows'][0]['cells'][0]['movement']:.3f}"[:14] in html


def test_grey_images_fade_to_no_grey_and_a_layer_without_answers_is_left_out(subject):
    model = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Flatten()], name="grey")
    model.add(keras.layers.Dense(4, name="alive"))
    model.add(keras.layers.Dense(2, kernel_initializer="zeros", name="dead"))
    images = np.random.default_rng(0).uniform(0, 255, (4, 6, 6, 1)).astype("float32")
    section = layers.make(subject(model, images))
    assert [one["layer"] for one in section["rows"]] == ["alive"]
    assert "greyscale" not in [one["name"] for one in section["transformations"]]
    model.get_layer("alive").set_weights([np.zeros((36, 4)), np.zeros(4)])
    with pytest.raises(ValueError, match="no layer answers differently"):
        layers.make(subject(model, images))


def test_a_network_without_layers_says_why(subject):
    model = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.AveragePooling2D(3), keras.layers.Flatten()])
    with pytest.raises(ValueError, match="the network has no layer with weights that everything passes"):
        stages_of(model, 3)
