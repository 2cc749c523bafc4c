"""Filters on the page."""

import keras
import numpy as np
import pytest

from kinv.reports.sections import filters
from kinv.reports.words import TIMES


def convolution(kernel):
    inputs = keras.Input((6, 6, kernel.shape[2]))
    layer = keras.layers.Conv2D(kernel.shape[3], kernel.shape[:2], name="first", use_bias=False)
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(layer(inputs))))
    layer.set_weights([kernel])
    return model


def test_faint_filters_and_those_that_do_the_same_are_counted(subject, folder, shown):
    random = np.random.default_rng(0).normal(size=(3, 3, 3, 5)).astype("float32")
    random[..., 1], random[..., 4] = -2 * random[..., 0], random[..., 4] / 1000
    section = filters.make(subject(convolution(random), np.random.default_rng(0).uniform(0, 255, (8, 6, 6, 3))))
    first = section["shown"]
    assert (first["count"], first["size"], first["faint"], first["alike"]) == (5, [3, 3], 1, 2)
    assert len(first["filters"]) == 5 and all((folder / place).is_file() for place in first["filters"])
    html = shown("filters", section)
    assert html.count("<img") == 5 and f"3 {TIMES} 3 pixels" in html


def test_what_is_free_is_counted(subject, shown):
    kernel = np.random.default_rng(0).normal(size=(3, 3, 3, 5)).astype("float32")
    grey = np.random.default_rng(1).uniform(0, 255, (40, 6, 6, 1)).repeat(3, axis=-1)
    model = convolution(kernel)
    model.layers[-1].bias.assign(-np.median(model(grey), axis=0))  # so that both classes are there
    section = filters.make(subject(model, grey))
    (row,) = section["free"]  # two of three colours' mixtures are not seen
    assert row["layer"] == "first" and row["weights"] == 27 and row["share"] >= 2 / 3 and row["unchanged"] > 0.8
    assert f"In first, {row['share']:.0%} of the mixtures" in section["sentences"][0]
    html = shown("filters", section)
    assert "Free mixtures of filters" in html and f"{row['share']:.0%}".replace("%", "") in html


def test_a_weight_of_zero_is_grey():
    drawn = filters._drawn(np.array([[[0.0], [2.0]], [[-2.0], [1.0]]]))
    np.testing.assert_array_equal(drawn[..., 0], [[127.5, 255], [0, 191.25]])
    assert (filters._drawn(np.zeros((2, 2, 1))) == 127.5).all()


def test_of_few_images_filters_are_shown_and_nothing_is_counted(subject, shown):
    kernel = np.random.default_rng(0).normal(size=(3, 3, 3, 5)).astype("float32")
    section = filters.make(subject(convolution(kernel), np.random.default_rng(1).uniform(0, 255, (3, 6, 6, 3))))
    assert len(section["shown"]["filters"]) == 5 and section["free"] == [] and section["sentences"] == []
    assert "Free mixtures" not in shown("filters", section)


def test_where_all_images_have_one_class_kept_predictions_say_nothing(subject):
    model = convolution(np.random.default_rng(0).normal(size=(3, 3, 3, 5)).astype("float32"))
    model.layers[-1].set_weights([np.zeros_like(model.layers[-1].kernel), np.array([0, 1], "float32")])
    grey = np.random.default_rng(1).uniform(0, 255, (40, 6, 6, 1)).repeat(3, axis=-1)
    section = filters.make(subject(model, grey))
    assert section["free"][0]["share"] > 0.6 and section["free"][0]["unchanged"] is None and not section["sentences"]


@pytest.mark.parametrize("kernel", [np.ones((1, 1, 3, 2)), np.ones((3, 3, 4, 2))], ids=["points", "channels"])
def test_filters_that_are_no_images_are_not_shown_but_counted(subject, shown, kernel):
    kernel = kernel * np.random.default_rng(0).normal(size=kernel.shape)
    images = np.random.default_rng(1).uniform(0, 255, (8, 6, 6, kernel.shape[2]))
    section = filters.make(subject(convolution(kernel.astype("float32")), images))
    assert section["shown"] is None and section["free"][0]["weights"] == kernel[..., 0].size
    assert "are no images, and not shown" in shown("filters", section)


def test_a_network_without_convolutions_is_refused(subject):
    dense = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="the network has no convolution"):
        filters.make(subject(dense))
