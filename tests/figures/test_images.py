"""Images beside each other."""

import numpy as np
import pytest

from kinv.figures import images, labels

pytestmark = pytest.mark.usefixtures("readable_figures")


def test_a_label_for_every_row_and_a_title_for_every_column(random):
    rows = {"first": random.uniform(0, 255, (2, 4, 4, 3)), "second": random.uniform(0, 255, (1, 5, 5, 1))}
    rows["first"][1] = np.nan
    axes = images.labelled_rows(rows, ["left", "right"]).axes
    assert [axis.get_ylabel() for axis in axes] == ["first", "", "second", ""]
    assert [axis.get_title() for axis in axes] == ["left", "right", "", ""]
    assert [len(axis.images) for axis in axes] == [1, 0, 1, 0]  # one is not finite, one is not there


def test_a_contact_sheet(random):
    made = random.uniform(0, 255, (5, 4, 4, 3))
    names = ["tench", "goldfish", "a class with a name that is much too long", "b", "c"]
    axes = images.contact_sheet(made, names, columns=3).axes
    assert len(axes) == 6 and [len(axis.images) for axis in axes] == [1, 1, 1, 1, 1, 0]
    assert axes[0].get_title() == "tench" and axes[2].get_title() == "a class with a\nname that is…"
    np.testing.assert_array_equal(axes[3].images[0].get_array(), made[3].round().astype("uint8"))


def test_names_of_layers_are_broken_at_underscores():
    assert labels.fitted("fire2_expand3x3", 1.0) == "fire2_\nexpand3x3"
    assert labels.fitted("fire2_expand3x3", 3.0) == "fire2_expand3x3"
    assert labels.fitted("a name that is longer than two lines", 0.8).endswith(labels.ELLIPSIS)
