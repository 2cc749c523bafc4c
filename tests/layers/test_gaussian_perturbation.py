"""Equation 1's perturbation: of any strength, in training only, from the seed."""

import numpy as np
import pytest

from kinv.layers import GaussianPerturbation

FEATURES = np.full((200, 500), 3.0, "float32")


@pytest.mark.parametrize(("kind", "stddev", "expected"), [("additive", 2.0, 2.0), ("multiplicative", 0.05, 0.15)])
def test_its_mean_and_deviation(kind, stddev, expected):
    perturbed = np.asarray(GaussianPerturbation(stddev, kind)(FEATURES, training=True))
    assert abs(perturbed.mean() - 3) < 5 * expected / np.sqrt(FEATURES.size)
    np.testing.assert_allclose(perturbed.std(), expected, rtol=0.01)


def test_only_in_training_and_from_the_seed():
    np.testing.assert_array_equal(GaussianPerturbation(2.0)(FEATURES), FEATURES)
    first, second, other = (GaussianPerturbation(2.0, seed=seed)(FEATURES, training=True) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert (np.asarray(first) != np.asarray(other)).any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ((1.0, "laplace"), "kind must be one of"),
        ((-1.0,), "received -1.0"),
        ((float("nan"),), "received nan"),
        ((float("inf"),), "received inf"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        GaussianPerturbation(*settings)


def test_its_configuration_makes_it_again():
    layer = GaussianPerturbation(0.5, "multiplicative", seed=3)
    again = GaussianPerturbation.from_config(layer.get_config())
    np.testing.assert_array_equal(layer(FEATURES, training=True), again(FEATURES, training=True))
