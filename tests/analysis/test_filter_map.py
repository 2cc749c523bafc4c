"""Filters in the plane keep their distances where a plane is enough for them."""

import numpy as np

from kinv.analysis.filter_map import scale_filters


def test_filters_of_a_plane_keep_their_distances(random):
    plane = random.normal(size=(2, 3 * 3 * 2))
    plane = np.linalg.qr(plane.T)[0].T  # two directions at right angles
    places = random.normal(size=(4, 5, 2))  # three draws and the real ones, five filters
    filters = np.moveaxis((places @ plane).reshape(4, 5, 3, 3, 2), 1, -1)
    real, generated = scale_filters(filters[0], filters[1:])
    found = np.concatenate([real[None], generated]).reshape(-1, 2)
    apart = lambda points: np.linalg.norm(points[:, None] - points[None], axis=-1)  # noqa: E731
    np.testing.assert_allclose(apart(found), apart(places.reshape(-1, 2)), atol=0.02)
