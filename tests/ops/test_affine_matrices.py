"""Distances of affine matrices from the identity."""

import numpy as np
import pytest

from kinv.ops.affine_matrices import distance_from_identity, mean_squared_shift


@pytest.mark.parametrize(("rows", "columns"), [(2, 3), (3, 4)])
def test_distance_is_the_frobenius_norm(random, rows, columns):
    matrices = random.normal(size=(3, rows, columns)).astype("float32")
    expected = [np.linalg.norm(matrix - np.eye(rows, columns)) for matrix in matrices]
    np.testing.assert_allclose(distance_from_identity(matrices), expected, rtol=1e-5)


def test_shift_is_that_of_the_square_matrix(random):
    matrices = random.normal(size=(4, 2, 3)).astype("float32")
    vectors = random.normal(size=(6, 3)).astype("float32")
    square = np.concatenate([matrices, np.tile([[[0, 0, 1]]], (4, 1, 1))], axis=1)
    expected = [np.mean(np.sum((vectors @ matrix.T - vectors) ** 2, axis=1)) for matrix in square]
    np.testing.assert_allclose(mean_squared_shift(matrices, vectors), expected, rtol=1e-4)
