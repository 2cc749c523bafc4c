"""Sheets of filters and images hold what they are given."""

import numpy as np
import pytest

from kinv.models.layerwise import figures as deep_units

pytestmark = pytest.mark.usefixtures("readable_figures")


def test_filters_are_grey_where_they_are_zero(random):
    kernel = random.normal(size=(12, 5))
    kernel[3, 1] = 0
    (axis,) = deep_units.filters(kernel, (3, 4), title="units").axes
    assert axis.get_title() == "units"
    sheet = axis.images[0].get_array()
    assert sheet.shape == (8, 15)  # three columns, two rows
    second = sheet[0:3, 5:9].ravel()
    largest = np.abs(kernel[:, 1]).max()
    np.testing.assert_allclose(second, 127.5 + 127.5 * kernel[:, 1] / largest, atol=0.5)


def test_sheets_stand_beside_each_other(random):
    stacks = {"a": random.uniform(0, 255, (4, 5, 5)), "b": random.uniform(0, 255, (3, 5, 5))}
    axes = deep_units.sheets(stacks).axes
    assert [axis.get_title() for axis in axes] == ["a", "b"]
    np.testing.assert_allclose(axes[1].images[0].get_array()[6:11, :5], stacks["b"][2], atol=0.5)


def test_only_some_of_many_units_are_shown(random):
    (axis,) = deep_units.filters(random.normal(size=(4, 1000)), (2, 2), shown=9).axes
    assert axis.images[0].get_array().shape == (9, 9)


def test_titles_are_not_cut(random):
    title = "weights of units, a title that is much longer than a few small images are wide"
    figure = deep_units.filters(random.normal(size=(16, 4)), (4, 4), title=title)
    figure.canvas.draw()
    extent = figure.axes[0].title.get_window_extent()
    assert 0 <= extent.x0 and extent.x1 <= figure.bbox.width
