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
    section = filters.make(subject(convolution(random)))
    assert (section["count"], section["size"], section["faint"], section["alike"]) == (5, [3, 3], 1, 2)
    assert len(section["filters"]) == 5 and all((folder / place).is_file() for place in section["filters"])
    html = shown("filters", section)
    assert html.count("<img") == 5 and f"3 {TIMES} 3 pixels" in html


def test_a_weight_of_zero_is_grey():
    drawn = filters._drawn(np.array([[[0.0], [2.0]], [[-2.0], [1.0]]]))
    np.testing.assert_array_equal(drawn[..., 0], [[127.5, 255], [0, 191.25]])
    assert (filters._drawn(np.zeros((2, 2, 1))) == 127.5).all()


@pytest.mark.parametrize(
    "kernel", [np.ones((1, 1, 3, 2)), np.ones((3, 3, 4, 2)), None], ids=["points", "channels", "none"]
)
def test_networks_that_begin_otherwise(subject, kernel):
    dense = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="does not begin with a convolution of images"):
        filters.make(subject(dense if kernel is None else convolution(kernel)))
