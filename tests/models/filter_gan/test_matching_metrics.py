"""The numbers of a grid of images, on grids whose numbers are known."""

import numpy as np
import pytest

from kinv import analysis, data
from kinv.models.filter_gan.matching_metrics import shape_share, summarise_matches

from .test_model import shown, small_classifier


def grid(images, change, cells=5):
    """Cells that move from row to row by `change`, `(N, H, W, C)` or noise where it is None."""
    offsets = np.arange(cells) - cells // 2
    if change is None:
        moved = np.random.default_rng(0).normal(size=(len(images), cells, cells, *images.shape[1:]))
    else:
        moved = np.broadcast_to(offsets[:, None, None, None, None] * change, (len(images), cells, cells, *change.shape))
    found = images[:, None, None] + moved
    before = np.full((len(images), cells, cells), 2.0)
    return analysis.ActivationMatches(found, np.zeros((1,)), before, 0.25 * before, np.zeros((1,)))


def test_a_straight_way_has_no_detour_and_noise_has():
    images, classifier = shown(3), small_classifier()
    straight = summarise_matches(grid(images, np.ones((8, 8, 1))), images, classifier)
    assert straight["detour"] == pytest.approx(1)
    assert straight["fall"] == pytest.approx(0.75)
    assert straight["middle_change"] == 0
    assert straight["change"] == pytest.approx((2 + 1 + 0 + 1 + 2) * 5 / 24)
    assert summarise_matches(grid(images, None), images, classifier)["detour"] == pytest.approx(4, rel=0.1)


def test_unchanged_counts_cells():
    images, classifier = shown(4), small_classifier()
    far = grid(images, 300 * np.ones((8, 8, 1)))
    expected = [
        np.argmax(classifier(far.images[i].reshape(-1, 8, 8, 1)), -1) == np.argmax(classifier(images[i : i + 1]), -1)
        for i in range(4)
    ]
    assert summarise_matches(far, images, classifier)["unchanged"] == pytest.approx(np.mean(expected))


def test_the_size_of_changes_of_shape_is_in_grey_levels():
    digits = data.load("mnist", "test", limit=3)[0].astype("float32")
    classifier = small_classifier(side=28)

    def size_of(changed):
        matches = grid(digits, 0 * digits[0], cells=3)
        matches.images[:] = changed[:, None, None]
        return summarise_matches(matches, digits, classifier)["shape_change"]

    moved = np.roll(digits, 1, axis=2)
    difference = np.abs(moved - digits).mean(axis=(1, 2, 3))
    assert 0.65 * np.median(difference) < size_of(moved) <= difference.max()
    assert size_of(0.7 * digits) < 0.01 * np.abs(0.3 * digits).mean()


def test_moving_is_shape_and_dimming_is_not():
    gain = np.linspace(0.5, 1.2, 28)[:, None, None]
    for digit in data.load("mnist", "test", limit=5)[0]:
        assert shape_share(digit, np.roll(digit, 1, axis=1)) > 0.65
        assert shape_share(digit, 0.7 * digit) < 0.01
        assert shape_share(digit, gain * digit) < 0.01
        assert shape_share(digit, digit) == 0
