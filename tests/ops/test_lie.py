"""Generators, exponentials and logarithms of affine maps, against SciPy and against known transformations."""

import numpy as np
import pytest
from keras import ops
from scipy.linalg import expm

from kinv.ops import TRANSFORMATIONS, lie

GENERATORS = {"space": lie.SPACE, "color": lie.color_generators(3), "grey": lie.color_generators(1)}


@pytest.mark.parametrize("name", GENERATORS)
def test_generators_are_orthonormal_and_span_all(name):
    basis = np.stack(list(GENERATORS[name].values())).reshape(len(GENERATORS[name]), -1)
    assert basis.shape[0] == basis.shape[1]
    np.testing.assert_allclose(basis @ basis.T, np.eye(len(basis)), atol=1e-12)


@pytest.mark.parametrize("name", GENERATORS)
def test_exponentials_are_scipys_and_logarithms_lead_back(name, random):
    generators = GENERATORS[name]
    sizes = random.normal(scale=0.4, size=(50, len(generators)))
    elements = ops.convert_to_numpy(lie.combined(generators, sizes))
    maps = ops.convert_to_numpy(lie.exponential(elements))
    rows = elements.shape[1]
    for element, found in zip(elements, maps, strict=True):
        whole = expm(np.concatenate([element, np.zeros((1, rows + 1))]).astype("float64"))
        np.testing.assert_allclose(found, whole[:-1], atol=2e-5)
    np.testing.assert_allclose(lie.sizes_of(lie.logarithm(maps), generators), sizes, atol=2e-4)


def test_large_elements_are_within_reach():
    element = np.array([[[0, -np.pi / 2, 0], [np.pi / 2, 0, 0]], [[2, 0, 1], [0, -2, 0]]], "float32")
    maps = ops.convert_to_numpy(lie.exponential(element))
    np.testing.assert_allclose(maps[0], [[0, -1, 0], [1, 0, 0]], atol=1e-4)
    np.testing.assert_allclose(maps[1, :, :2], np.diag([np.exp(2), np.exp(-2)]), rtol=1e-3, atol=1e-4)


def test_generators_are_what_they_are_called():
    def direction(name, transformation, step):
        matrices = ops.convert_to_numpy(TRANSFORMATIONS[transformation].matrices(np.array([step], "float32"), 1.0))
        moved = lie.logarithm(matrices)
        sizes = lie.sizes_of(moved, lie.SPACE)[0]
        assert np.abs(sizes).argmax() == list(lie.SPACE).index(name)
        np.testing.assert_allclose(np.abs(sizes).max(), np.linalg.norm(sizes), rtol=1e-4)

    direction("shift sideways", "translate_x", 0.1)
    direction("shift up or down", "translate_y", 0.1)
    direction("rotation", "rotation", 10.0)
    direction("zoom", "zoom", 1.2)
    brighter = ops.convert_to_numpy(TRANSFORMATIONS["brightness"].matrices(np.array([0.2], "float32"), 3))
    sizes = lie.sizes_of(lie.logarithm(brighter), lie.color_generators(3))[0]
    assert list(lie.color_generators(3))[np.abs(sizes).argmax()] == "shift of light"
    np.testing.assert_allclose(np.abs(sizes).max(), np.linalg.norm(sizes), rtol=1e-4)


def test_mirror_images_have_no_logarithm():
    assert np.isnan(lie.logarithm(np.array([[[-1.0, 0, 0], [0, 1, 0]]]))).all()


def test_logarithms_of_large_maps_are_scipys(random):
    from scipy.linalg import logm

    maps = np.eye(4)[None, :3] + random.normal(scale=0.6, size=(40, 3, 4))
    found = lie.logarithm(maps)
    known = np.isfinite(found).all(axis=(1, 2))
    assert 5 < known.sum() < 40
    for one, log in zip(maps[known], found[known], strict=True):
        expected = logm(np.concatenate([one, np.eye(4)[-1:]]))
        np.testing.assert_allclose(log, np.real(expected)[:3], atol=1e-6)
