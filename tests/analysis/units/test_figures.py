"""Curves and maps of units show what they are given."""

import dataclasses

import numpy as np
import pytest

from kinv.analysis import InvarianceDecomposition, InvarianceManifold
from kinv.analysis.units import figures as unit_analysis

pytestmark = pytest.mark.usefixtures("readable_figures")

EPSILONS = np.array([0.0, 1.0, 2.0])


def decomposition():
    keeps = np.array([1.0, 1.0, np.nan])
    curves = np.array([[keeps, 0.5 * keeps], [[1.0, 0.0, 0.0], keeps], [keeps, keeps], [-keeps, -keeps]])
    curves[:, :, 0] = curves[:, :1, 0]
    free = np.array([[1.0, 1.0, 0.0]] * 3 + [[-1.0, -1.0, -1.0]])
    return InvarianceDecomposition(
        "unit", np.arange(4), EPSILONS, ("rotation", "all together"), curves, None, free, free[:, 0]
    )


def test_units_stand_in_their_groups():
    found = decomposition()
    assert list(found.groups()) == ["rotation", "none of these", "rotation", "not turned on"]
    figure = unit_analysis.tolerance_map({"unit": found})
    axis = figure.axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["rotation\n2 of 3", "none of these\n1 of 3"]
    shown = np.ma.getdata(axis.images[0].get_array())
    np.testing.assert_allclose(shown, found.tolerances[[0, 2, 1]])


def test_units_of_classes_have_their_names():
    named = dataclasses.replace(decomposition(), names=("tench, Tinca tinca", "$hark", "_ray", "off"))
    axis = unit_analysis.tolerance_map({"unit": named}).axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["tench", "\u200b_ray", r"\$hark"]
    assert [text.get_text() for text in axis.texts] == ["rotation\n2 of 3", "none of these\n1 of 3"]


def test_curves_are_medians_of_units_that_are_turned_on():
    axis = unit_analysis.restricted_curves({"unit": decomposition()}).axes[0]
    lines = {line.get_label(): line for line in axis.lines}
    np.testing.assert_allclose(lines["rotation"].get_ydata()[:2], [1, 1])
    np.testing.assert_allclose(lines["free"].get_ydata(), [1, 1, 0])
    np.testing.assert_allclose(lines["linear unit"].get_ydata(), [1, 0.5, -1])


def test_paths_beside_each_other_and_rows(random):
    activations = np.array([[[2.0, 1.0, 0.0]], [[-1.0, 5.0, 5.0]]])
    path = InvarianceManifold("unit", np.arange(2), EPSILONS, None, None, activations, np.zeros(2, bool))
    axis = unit_analysis.paths_beside({"unit": {"traced": path, "other": path}}).axes[0]
    np.testing.assert_allclose(axis.lines[0].get_ydata(), [1, 0.5, 0])
    figure = unit_analysis.manifold_rows(random.uniform(0, 255, (2, 3, 4, 4, 3)), EPSILONS, np.abs(activations[:, 0]))
    assert [axis.get_xlabel() for axis in figure.axes] == ["1.00", "0.50", "0.00", "1.00", "5.00", "5.00"]
    figure = unit_analysis.manifold_rows(np.full((2, 3, 4, 4, 3), 9.0), EPSILONS, np.ones((2, 3)), names=("cat", "$og"))
    assert [axis.get_ylabel() for axis in figure.axes[::3]] == ["cat", r"\$og"]
