"""The hash is uniform, and the same bits however it is computed."""

import numpy as np
import tensorflow as tf
from scipy import stats

from kinv.ops.stateless_random import hashed_seed, hashed_uniform

COMPILED = tf.function(hashed_uniform)


def draw(seed, count=100_000, columns=4):
    return np.asarray(COMPILED(tf.constant(seed, "int32"), count, columns))


def test_numbers_are_uniform_and_independent():
    numbers = draw([1, 2])
    assert numbers.min() >= 0 and numbers.max() < 1
    for column in numbers.T:
        counts, _ = np.histogram(column, bins=64, range=(0, 1))
        assert stats.chisquare(counts).pvalue > 1e-4
    for lag in (1, 2, 7):
        correlation = np.corrcoef(numbers[lag:, 0], numbers[:-lag, 0])[0, 1]
        assert abs(correlation) < 5 / np.sqrt(len(numbers))
    between = np.corrcoef(numbers.T) - np.eye(4)
    assert np.abs(between).max() < 5 / np.sqrt(len(numbers))


def test_neighbouring_seeds_are_unrelated():
    first = np.concatenate([draw([seed, 0], 1, 4) for seed in range(4000)])
    for column in first.T:
        counts, _ = np.histogram(column, bins=32, range=(0, 1))
        assert stats.chisquare(counts).pvalue > 1e-4
    assert abs(np.corrcoef(first[1:, 0], first[:-1, 0])[0, 1]) < 5 / np.sqrt(4000)
    assert len(np.unique(np.concatenate([draw([0, seed], 1, 1) for seed in range(1000)]))) > 990


def test_seeds_of_their_own():
    """As far from each other as numbers of 64 bits are: none twice, and bits that are as often on as off."""
    compiled = tf.function(hashed_seed)
    found = np.array([compiled(tf.constant([seed, 7]), tf.constant(index)) for seed in (0, 1) for index in range(1000)])
    assert len(np.unique(found, axis=0)) == 2000
    bits = np.unpackbits(found.astype("<i4").view("uint8"), axis=1)
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 5 * 0.5 / np.sqrt(2000)
    next_rows = np.stack([found[:, 0], found[:, 1] + 1], axis=1)  # which `hashed_normal` takes for the second row
    assert not {tuple(row) for row in next_rows} & {tuple(row) for row in found}


def test_xla_draws_the_same_bits():
    compiled = tf.function(hashed_uniform, jit_compile=True)
    np.testing.assert_array_equal(compiled(tf.constant([-5, 2**31 - 1]), 1000, 3), draw([-5, 2**31 - 1], 1000, 3))


def test_golden_values():
    """What an exported artifact draws must never change."""
    expected = np.array([[0.76498145, 0.09617382], [0.11055344, 0.80674684]], "float32")
    np.testing.assert_array_equal(draw([3, 5], 100_000, 2)[:2], expected)
