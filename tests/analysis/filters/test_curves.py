"""Accuracy over movement: every kind of filters where it moves outputs alike."""

import numpy as np
import pytest

from kinv import classifiers, data
from kinv.analysis.filters import figures
from kinv.analysis.filters.baselines import Added
from kinv.analysis.filters.curves import MovementCurves, movement_curves
from kinv.classifiers.patch_moments import patch_moments
from kinv.classifiers.replaced_filters import ReplacedFilters


@pytest.fixture(scope="module")
def curves():
    cut = ReplacedFilters(classifiers.load("digit_cnn"), "conv4")
    images, _ = data.load("mnist", "train", limit=200)
    test_images, test_labels = data.load("mnist", "test", limit=300)
    moments = patch_moments(cut, images)
    generated = Added(moments, np.random.default_rng(0).normal(size=(3, *moments.kernel.shape)), largest=1e-3)
    return movement_curves(
        cut, images, test_images, test_labels, generated=generated, movements=(0.3, 1.0), sets=4, seed=1
    )


@pytest.mark.long
def test_every_kind_is_measured_where_it_moves_outputs_so_far(curves):
    names = ("generated", "whitened noise", "Laplace", "low Fisher", "isotropic noise", "shifted", "rotated")
    assert curves.names == names and curves.by_set.shape == (7, 2, 4) and curves.by_image.shape == (7, 2, 300)
    accuracies = curves.accuracies()
    assert np.isnan(accuracies[0]).all()  # too small to move outputs so far
    assert np.isfinite(accuracies[1:5]).all() and curves.network > 0.97
    assert (accuracies[1:5, 0] > accuracies[1:5, 1] + 0.1).all()
    assert accuracies[1, 1] > accuracies[4, 1]  # whitened noise keeps more than isotropic noise
    np.testing.assert_allclose(np.nanmean(curves.by_image[1:5], axis=2), accuracies[1:5])


@pytest.mark.long
def test_intervals_hold_means_and_areas_lie_between(curves):
    low, high = curves.intervals()
    known = np.isfinite(curves.accuracies())
    assert (low[known] < curves.accuracies()[known]).all() and (high[known] > curves.accuracies()[known]).all()
    assert np.isnan(low[~known]).all()
    areas = curves.areas()
    assert np.isnan(areas[0]) and curves.accuracies()[1, 1] < areas[1] < curves.network
    mean, lowest, highest = curves.difference("whitened noise", "isotropic noise", 1)
    assert lowest < mean < highest and mean > 0
    frame = curves.to_frame()
    assert list(frame.columns) == ["filters", "movement", "accuracy", "low", "high", "sets"] and len(frame) == 14
    assert frame[frame.filters == "generated"].sets.tolist() == [0, 0]


def test_an_area_is_that_of_trapezoids():
    curves = MovementCurves("layer", ("a",), np.array([0.5, 1.0]), np.array([[[0.8], [0.4]]]), np.ones((1, 2, 3)), 1.0)
    assert curves.areas() == pytest.approx((0.9 * 0.5 + 0.6 * 0.5) / 1.0)


@pytest.mark.long
def test_the_figure_can_be_read(curves, readable_figures):
    figure = figures.movement_curves(curves)
    assert {line.get_label() for line in figure.axes[0].get_lines()} >= set(curves.names)
