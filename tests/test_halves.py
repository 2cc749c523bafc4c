"""Halves of images by chance."""

import numpy as np
import pytest

from kinv.halves import halves


@pytest.mark.parametrize("count", [0, 1, 7, 40])
def test_every_image_is_in_one_half(count):
    first, second = halves(count, seed=3)
    assert len(first) == count // 2
    np.testing.assert_array_equal(np.sort(np.concatenate([first, second])), np.arange(count))
    for rows in (first, second):
        np.testing.assert_array_equal(rows, np.sort(rows))


def test_classes_in_turn_are_in_both_halves():
    classes = np.arange(40) % 2
    for rows in halves(40):
        assert 0.2 < classes[rows].mean() < 0.8


def test_equal_seeds_give_equal_halves():
    np.testing.assert_array_equal(halves(9, 1)[0], halves(9, 1)[0])
    assert not np.array_equal(halves(40, 1)[0], halves(40, 2)[0])
