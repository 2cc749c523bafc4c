"""Elastic deformation: the field is smoothed noise, the sampling SciPy's."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from kinv.ops.affine import pack_neighbours
from kinv.ops.elastic import elastic_basis, elastic_deform


def test_the_basis_gives_the_covariance_of_smoothed_noise():
    basis = elastic_basis(28, 4.0)
    impulses = gaussian_filter(np.eye(28), (4.0, 0), mode="constant", truncate=8)
    np.testing.assert_allclose(basis @ basis.T, impulses @ impulses.T, atol=1e-4)
    assert basis.shape[1] < 16


def test_images_are_sampled_where_the_field_says(images, random):
    rows, columns = elastic_basis(20, 3.0), elastic_basis(24, 3.0)
    noise = random.normal(size=(4, 2, rows.shape[1], columns.shape[1])).astype("float32")
    deformed = elastic_deform(pack_neighbours(images), noise, rows, columns, 8.0)
    fields = 8.0 * rows @ noise @ columns.T
    y, x = np.mgrid[:20, :24]
    for index in range(4):
        for channel in range(3):
            expected = map_coordinates(
                images[index, ..., channel], [y + fields[index, 0], x + fields[index, 1]], order=1, cval=0.0,
                mode="grid-constant",
            )  # fmt: skip
            np.testing.assert_allclose(deformed[index, ..., channel], expected, atol=0.01)


def test_without_strength_nothing_changes(images):
    basis = [elastic_basis(length, 3.0) for length in (20, 24)]
    noise = np.ones((4, 2, basis[0].shape[1], basis[1].shape[1]), "float32")
    np.testing.assert_array_equal(elastic_deform(pack_neighbours(images), noise, *basis, 0.0), images)


def test_wrong_smoothness():
    with pytest.raises(ValueError, match="must be positive"):
        elastic_basis(28, 0.0)
