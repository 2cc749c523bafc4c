"""The section of classes: a table where there are enough images, and why not elsewhere."""

import keras
import numpy as np
import pandas as pd
import pytest

import kinv
from kinv.reports.report import report
from kinv.reports.sections.classes import why_not
from kinv.reports.words import TIMES

NAMES = ["a", "b<", "c"]


@pytest.mark.parametrize(
    ("counts", "labelled", "expected"),
    [
        ({1: 20}, True, "All 20 images are of one class, b<"),
        ({1: 20}, False, "All 20 images are, to the network, of one class, b<"),
        ({0: 9, 1: 4, 2: 4}, True, "The 17 images are of 3 classes, at most 9 of each: too few"),
        ({0: 1, 1: 1, 2: 1}, True, "only one of each"),
    ],
)
def test_too_few_images_are_not_ranked(counts, labelled, expected):
    assert expected in why_not(pd.Series(counts), NAMES, labelled)


def test_five_images_of_two_classes_are_enough():
    assert why_not(pd.Series({0: 5, 1: 5, 2: 1}), NAMES, True) is None


def test_the_section(tmp_path, monkeypatch):
    """Bright and dark images: without contrast, both are dark."""
    monkeypatch.setattr("kinv.reports.magnitudes.FEWER", {"contrast": (0,), "greyscale": (1,)})
    inputs = keras.Input((8, 8, 1))
    dense = keras.layers.Dense(3)
    model = keras.Model(inputs, dense(keras.layers.GlobalAveragePooling2D()(inputs)), name="light")
    dense.set_weights([np.array([[0.1, -0.1, -9]], "float32"), np.array([-10, 10, 0], "float32")])
    network = kinv.wrap(model, class_names=["bright", "dark", "<b>never</b>"])
    images = np.concatenate([np.full((8, 8, 8, 1), 200.0), np.full((8, 8, 8, 1), 20.0)]).astype("float32")
    images += np.random.default_rng(0).uniform(0, 20, images.shape).astype("float32")
    settings = {"folder": tmp_path, "sections": ["classes"], "preflight": False}
    found = report(network, images, np.repeat([0, 1], 8), "quick", **settings)
    section = found.content["sections"]["classes"]
    assert section["failed"] is None and section["left_out"] == 0 and section["why_not"] is None
    dark, bright = section["rows"]
    assert (dark["class_name"], dark["kept"], dark["into"], dark["verdict"]) == ("dark", 1, None, "better")
    assert bright["into"] == {"class_name": "dark", "share": 1} and bright["least"]["title"] == "Less or more contrast"
    assert len(section["worst"]) == 6 and section["worst"][0]["amount"] == f"{TIMES}0"
    assert found.summary().startswith("Most predictions stay for “dark” (100 %), fewest for “bright”")
    page = found.page()
    assert '<table class="sortable classes">' in page and "Right before" in page and "could not be made" not in page
    assert (tmp_path / "tables" / "classes.csv").is_file()
