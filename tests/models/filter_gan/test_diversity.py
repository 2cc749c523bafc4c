"""How much filters differ from each other, on filters whose spread is known."""

import numpy as np
import pytest

from kinv.models.filter_gan.diversity import diversity


def test_diversity_is_zero_for_equal_and_one_for_as_spread_as_the_filter():
    random = np.random.default_rng(0)
    real = random.normal(size=(3, 3, 4, 2)).astype("float32")
    assert float(diversity(np.stack([real] * 5), real)) < 1e-6
    spread = random.normal(size=(4000, 3, 3, 4, 2)) * real.std(axis=(0, 1, 2))
    assert float(diversity(spread.astype("float32"), real)) == pytest.approx(1, abs=0.02)


def test_dead_filters_have_no_diversity():
    real = np.random.default_rng(0).normal(size=(3, 3, 4, 3)).astype("float32")
    generated = real + np.random.default_rng(1).normal(size=(50, 3, 3, 4, 3)).astype("float32")
    expected = float(diversity(generated[..., :2], real[..., :2]))
    real[..., 2] = 0.5
    assert float(diversity(generated, real)) == pytest.approx(expected, rel=1e-5)
