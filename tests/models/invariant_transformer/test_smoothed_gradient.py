"""The gradient of a smoothed function, against what is known of it."""

import numpy as np
import pytest
from keras import ops

from kinv.models.invariant_transformer.smoothed_gradient import smoothed_gradient

DRAWS = 200_000


def mean_and_error(function, point, std, random):
    """The mean of many estimates at one point, and its standard error."""
    points = np.repeat(point[None], DRAWS, axis=0)
    estimates = ops.convert_to_numpy(smoothed_gradient(function, points, random.normal(size=points.shape), std))
    return estimates.mean(0), estimates.std(0) / np.sqrt(DRAWS)


def test_a_quadratic_functions_gradient_is_exact_in_expectation(random):
    hessian, slope, point = random.normal(size=(3, 3)), random.normal(size=3), random.normal(size=3)
    hessian = hessian + hessian.T
    estimate, error = mean_and_error(lambda x: 0.5 * np.sum(x @ hessian * x, axis=1) + x @ slope, point, 0.7, random)
    np.testing.assert_array_less(np.abs(estimate - (hessian @ point + slope)), 5 * error)


@pytest.mark.parametrize("frequency", [1, 20])
def test_it_is_the_gradient_of_the_smoothed_function(random, frequency):
    """`E[sin(a(x + s z))] = sin(a x) exp(-(a s)^2 / 2)`: slow waves stay, fast ones vanish with their steep slopes."""
    std, point = 0.2, np.array([0.4])
    estimate, error = mean_and_error(lambda x: np.sin(frequency * x[:, 0]), point, std, random)
    expected = frequency * np.cos(frequency * point) * np.exp(-((frequency * std) ** 2) / 2)
    assert np.abs(estimate - expected)[0] < 5 * error[0] < 0.2


def test_points_may_be_matrices(random):
    points, weights = np.zeros((DRAWS, 2, 3)), random.normal(size=(2, 3))
    directions = random.normal(size=points.shape)
    gradients = smoothed_gradient(lambda a: np.sum(a * weights, axis=(1, 2)), points, directions, 0.1)
    assert gradients.shape == points.shape
    np.testing.assert_allclose(np.mean(ops.convert_to_numpy(gradients), axis=0), weights, atol=0.05)
