"""Multi-dimensional scaling, beside scikit-learn's, and where the answer is known."""

import numpy as np
import pytest

from kinv.models.filter_gan.scaling import distances, stress, to_plane


def test_points_of_a_plane_keep_their_distances():
    random = np.random.default_rng(0)
    plane = np.linalg.qr(random.normal(size=(30, 2)))[0].T
    points = random.normal(size=(40, 2)) @ plane + 5
    np.testing.assert_allclose(distances(to_plane(points)), distances(points), atol=1e-6)


def test_it_is_as_good_as_scikit_learns():
    manifold = pytest.importorskip("sklearn.manifold")
    points = np.random.default_rng(1).normal(size=(60, 20))
    apart = distances(points)
    settings = {"n_components": 2, "n_init": 1, "init": "classical_mds", "random_state": 0}
    theirs = manifold.MDS(**settings).fit_transform(points)
    assert stress(to_plane(points), apart) < 1.01 * stress(theirs, apart)


@pytest.mark.parametrize("points", [np.zeros((3, 4)), np.array([[1.0, 2.0]]), np.array([[0.0], [1.0], [3.0]])])
def test_points_that_coincide_or_have_one_coordinate(points):
    found = to_plane(points)
    assert found.shape == (len(points), 2)
    np.testing.assert_allclose(distances(found), distances(points), atol=1e-9)
