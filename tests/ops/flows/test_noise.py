"""Gaussian noise: its standard deviation, its shape, its seed."""

import numpy as np
from keras import ops
from scipy.stats import kstest

from kinv.ops.flows import add_noise

GREY = np.full((3, 40, 50, 3), 128, "float32")
SIZES = np.array([[0.1], [-0.3], [0.0]], "float32")


def noisy(seed, images=GREY, sizes=SIZES):
    return ops.convert_to_numpy(add_noise(images, sizes, seed))


def test_it_is_normal_with_the_size_as_standard_deviation():
    changes = noisy(1) - GREY
    for change, std in zip(changes[:2], (6.4, 19.2), strict=True):
        assert kstest(change.ravel() / std, "norm").pvalue > 1e-3
    assert abs(np.corrcoef(changes[0].ravel(), changes[1].ravel())[0, 1]) < 0.05
    np.testing.assert_array_equal(noisy(1)[2], GREY[2])


def test_the_seed_and_the_row_decide():
    np.testing.assert_array_equal(noisy(1), noisy(np.array([1, 0], "int32")))
    assert np.abs(noisy(1) - noisy(2)).max() > 1
    alone = noisy(np.array([1, 1], "int32"), GREY[:1], SIZES[1:2])
    np.testing.assert_array_equal(alone[0], noisy(1)[1])


def test_results_stay_in_range():
    found = noisy(1, np.zeros_like(GREY), np.full((3, 1), 2, "float32"))
    assert found.min() == 0 and 0 < found.max() <= 255
