"""The figures hold what they were given, and none of their cells is blank."""

import numpy as np
import pytest

from kinv.figures import invariant_transformer as figures

pytestmark = pytest.mark.usefixtures("readable_figures")

METRICS = ("classifier_loss", "transformation_loss", "accuracy", "color_distance", "space_distance")


def pixels(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3]


def test_training_curves_show_the_history():
    history = {name: list(np.linspace(0.1, 0.9, 7)) for name in METRICS}
    figure = figures.training_curves(history, 0.5)
    lines = [line for axis in figure.axes for line in axis.get_lines()]
    assert len(lines) == 6
    np.testing.assert_allclose(lines[0].get_ydata(), history["classifier_loss"])
    assert pixels(figure).std() > 5


def test_training_curves_of_the_largest_family_show_every_part():
    parts = [f"{part}_{number}" for part in ("space", "color", "beyond") for number in ("volume", "distance")]
    history = {name: list(np.linspace(0.1, 0.9, 7)) for name in ("classifier_loss", "accuracy", *parts)}
    for names in (("space", "colour", "flows"), ("space", "colour")):
        figure = figures.training_curves(history, 0.5)
        for axis in figure.axes[:2]:
            assert [line.get_label() for line in axis.get_lines()] == list(names)
        history = {name: values for name, values in history.items() if not name.startswith("beyond")}


def test_classification_shows_a_panel_for_every_path():
    k = np.linspace(0, 1, 5)
    values = {"a": 1 - k, "b": 1 - k / 2}
    figure = figures.classification_along_k(k, values, values)
    assert [axis.get_title() for axis in figure.axes] == ["a", "b"]


def test_images_are_shown_beside_their_originals(random):
    originals = random.uniform(0, 255, (2, 12, 12, 3))
    transformed = random.uniform(0, 255, (2, 3, 12, 12, 3))
    names = [["cat", "dog", "cat"], ["dog", "dog", "a very long name of a class that has no end, and more"]]
    figure = figures.transformed_images(originals, transformed, ["1", "2", "3"], ["cat", "dog"], names)
    assert len(figure.axes) == 8
    said = [axis.get_xlabel() for axis in figure.axes]
    assert said[0] == "cat" and said[1] == figures.SAME and said[2].startswith(figures.OTHER)
    assert all(axis.get_images()[0].get_array().std() > 10 for axis in figure.axes)
    assert "…" in figure.axes[-1].get_xlabel()


def test_greyscale_images_are_drawn_too(random):
    digits = random.uniform(0, 255, (1, 8, 8, 1))
    figure = figures.transformed_images(digits, digits[None], ["same"], ["3"], [["3"]])
    assert figure.axes[0].get_images()[0].get_array().shape == (8, 8)
