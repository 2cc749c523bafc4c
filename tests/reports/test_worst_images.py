"""The images that change soonest: which, under what, and that they are shown as they were screened."""

import keras
import numpy as np
import pandas as pd
import pytest

import kinv
from kinv.reports.settings import PRESETS
from kinv.reports.subject import Subject
from kinv.reports.worst_images import soonest, worst_images

STAY = {
    ("rotation", -36.0): 0.7,
    ("rotation", 10.0): 0.9,
    ("rotation", 90.0): 0.3,
    ("blur", 1.0): 0.5,
    ("blur", 2.0): 0.4,
}
ACCURACY = pd.DataFrame(
    [(*key, share) for key, share in STAY.items()], columns=["transformation", "magnitude", "unchanged"]
)


def table(*rows):
    """Of rows (image, class, predicted, kept, change under rotation, change under blur)."""
    return pd.DataFrame(
        [
            {"transformation": name, "image": image, "class": index, "class_name": str(index), "predicted": predicted}
            | {"kept": kept, "first_change": change}
            for image, index, predicted, kept, *changes in rows
            for name, change in zip(("rotation", "blur"), changes, strict=True)
        ]
    )


def test_the_change_that_most_others_stand_is_shown():
    found = soonest(
        table((0, 5, 5, 0.5, -36, 2), (1, 5, 5, 0.2, 90, 1), (2, 5, 5, 0.9, np.nan, np.nan)), ACCURACY, True
    )
    assert found["image"].tolist() == [1, 0]  # fewest predictions first; one that never changed is none of the worst
    assert found[["transformation", "first_change"]].to_numpy().tolist() == [["blur", 1.0], ["rotation", -36.0]]
    assert found["unchanged"].tolist() == [0.5, 0.7]
    assert found["kept"].tolist() == pytest.approx([0.2, 0.5])


def test_a_few_of_each_class_and_right_ones_only():
    rows = [(image, 0, 0, image / 10, 10, np.nan) for image in range(4)]
    rows += [(4, 1, 1, 0.9, 10, np.nan), (5, 2, 1, 0.0, 10, np.nan), (6, 3, 3, 0.95, 10, np.nan)]
    assert soonest(table(*rows), ACCURACY, True)["image"].tolist() == [0, 1, 4, 6]
    assert soonest(table(*rows), ACCURACY, False)["image"].tolist() == [0, 5, 1, 4, 6]
    assert soonest(table(rows[5]), ACCURACY, True)["image"].tolist() == [5]  # where none is right
    assert soonest(table(*rows[:5]), ACCURACY, True)["image"].tolist() == [0, 1, 2, 4]  # of two classes, three of each


@pytest.fixture
def subject(random, tmp_path, monkeypatch):
    """The class is whether the left half is brighter; images from 0 on are harder and harder to turn by noise."""
    monkeypatch.setattr("kinv.reports.magnitudes.FEWER", {"noise": (0.1, 0.5), "greyscale": (1,)})
    inputs = keras.Input((8, 8, 1))
    outputs = keras.layers.Flatten()(keras.layers.AveragePooling2D((8, 4))(inputs))
    images = np.full((40, 8, 8, 1), 100, "float32")
    images[:, :, :4] += np.linspace(0.05, 60, 40)[:, None, None, None]
    network = kinv.wrap(keras.Model(inputs, outputs, name="halves"), class_names=["left", "right"])
    return Subject(network, "halves", images, None, PRESETS["quick"], tmp_path, seed=3)


def test_they_are_shown_as_they_were_screened(subject):
    """The noise that turned a prediction is the noise that is shown, also of images beyond the first batch."""
    images = subject.screening.images
    found = worst_images(subject)
    assert 1 <= len(found) <= 6 and all(one["class_name"] == "left" for one in found)
    for one in found:
        assert one["before"]["says"] == "left" and one["after"]["says"] == "right"
        assert one["before"]["same"] and not one["after"]["same"]
        assert (subject.folder / one["after"]["file"]).is_file() and one["title"] == "Noise"
    assert found[0]["kept"] == images["kept"].min()
