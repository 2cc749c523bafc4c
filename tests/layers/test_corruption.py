"""Corruption: exactly as many entries as asked for, any of them, in training only."""

import keras
import numpy as np
import pytest

from kinv.layers import Corruption

ONES = np.full((4000, 10), 0.5, "float32")


@pytest.mark.parametrize(("rate", "count"), [(0.1, 1), (0.25, 2), (0.3, 3), (0.9, 9), (0.0, 0)])
def test_masking_spoils_a_subset_of_fixed_size(rate, count):
    spoiled = np.asarray(Corruption("masking", rate)(ONES, training=True))
    assert set(np.unique(spoiled)) <= {0.0, 0.5}
    assert ((spoiled == 0).sum(axis=1) == count).all()
    np.testing.assert_allclose((spoiled == 0).mean(axis=0), count / 10, atol=0.03)


def test_every_pair_is_as_likely():
    spoiled = np.asarray(Corruption("masking", 0.2)(ONES, training=True)) == 0
    pairs = np.array([spoiled[:, i] & spoiled[:, j] for i in range(10) for j in range(i)]).sum(axis=1)
    assert np.square(pairs - 4000 / 45).sum() / (4000 / 45) < 80  # chi-squared with 44 degrees of freedom: 99.9 %


def test_salt_and_pepper_is_half_salt():
    spoiled = np.asarray(Corruption("salt_and_pepper", 0.4, high=2.0, low=-1.0)(ONES, training=True))
    assert ((spoiled != 0.5).sum(axis=1) == 4).all()
    np.testing.assert_allclose((spoiled == 2).mean(), 0.2, atol=0.01)
    np.testing.assert_allclose((spoiled == -1).mean(), 0.2, atol=0.01)


@pytest.mark.parametrize(("kind", "rate", "expected"), [("gaussian", 1.5, 1.5), ("multiplicative", 0.4, 0.2)])
def test_noise(kind, rate, expected):
    noise = np.asarray(Corruption(kind, rate)(ONES, training=True)) - ONES
    assert abs(noise.mean()) < 0.02 * expected and abs(noise.std() - expected) < 0.02 * expected


@pytest.mark.parametrize("kind", ["masking", "salt_and_pepper", "gaussian", "multiplicative"])
def test_only_in_training_and_from_the_seed(kind):
    np.testing.assert_array_equal(Corruption(kind, 0.5)(ONES), ONES)
    first, second, other = (Corruption(kind, 0.5, seed=seed)(ONES, training=True) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert (np.asarray(first) != np.asarray(other)).any()


def test_it_goes_on_where_it_was(tmp_path):
    model = keras.Sequential([keras.Input((10,)), Corruption("masking", 0.5)])
    model(ONES, training=True)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(ONES, training=True), again(ONES, training=True))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("blur", 0.1), "kind must be one of"),
        (("masking", 1.0), "received 1.0"),
        (("gaussian", -1.0), "received -1.0"),
        (("multiplicative", float("inf")), "received inf"),
        (("masking", float("nan")), "received nan"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        Corruption(*settings)
