"""The distribution of a restricted Boltzmann machine against exact enumeration of small ones."""

import numpy as np
import pytest
import tensorflow as tf

from kinv.analysis import exact_log_partition, log_likelihood
from kinv.models import RestrictedBoltzmannMachine
from kinv.models.layerwise.gibbs import GibbsKernel, run_chain

from .tiny_machine import chi_squared_p, count_states, joint, randomize, states


def tiny(**settings):
    return randomize(RestrictedBoltzmannMachine(4, 3, **settings))


def test_free_energy_is_the_sum_over_hidden_states():
    machine = tiny()
    p = joint(machine).sum(axis=1)
    energies = -np.asarray(machine.free_energy(states(4)))
    np.testing.assert_allclose(energies - energies[0], np.log(p / p[0]), atol=1e-5)
    np.testing.assert_allclose(log_likelihood(machine, states(4), exact_log_partition(machine)), np.log(p), atol=1e-5)


def test_conditional_distributions():
    machine = tiny()
    p = joint(machine)
    hidden_given = (p / p.sum(axis=1, keepdims=True)) @ states(3)
    visible_given = (p / p.sum(axis=0)).T @ states(4)
    np.testing.assert_allclose(machine.hidden_probabilities(states(4)), hidden_given, atol=1e-6)
    np.testing.assert_allclose(machine.visible_means(states(3)), visible_given, atol=1e-6)


def test_gaussian_free_energy_against_the_mixture_that_the_machine_is():
    machine = tiny(visible="gaussian")
    v = np.random.default_rng(0).normal(size=(5, 4))
    kernel, b, c = (np.asarray(part, "float64") for part in (machine.kernel, machine.visible_bias, machine.hidden_bias))
    h = states(3).astype("float64")
    energies = 0.5 * np.square(v - b).sum(1)[:, None] - (h @ c)[None] - v @ kernel @ h.T
    np.testing.assert_allclose(machine.free_energy(v.astype("float32")), -np.log(np.exp(-energies).sum(1)), rtol=1e-5)


def test_pseudo_likelihood_summed_over_pixels():
    machine = tiny()
    p = joint(machine).sum(axis=1)
    numbers = np.arange(16)
    exact = sum(np.log(p / (p + p[numbers ^ (1 << pixel)])) for pixel in range(4))
    estimates = [machine.pseudo_log_likelihood(states(4), np.full(16, pixel)) for pixel in range(4)]
    np.testing.assert_allclose(np.mean(estimates, axis=0), exact, atol=1e-5)


def test_long_chains_follow_the_distribution():
    machine = tiny()
    samples, _ = machine.sample(8000, 40, seed=1)
    assert chi_squared_p(count_states(samples), joint(machine).sum(axis=1)) > 1e-3


def test_long_chains_of_hashed_numbers():
    machine, run = tiny(), tf.function(RestrictedBoltzmannMachine.run)
    samples, means = run(machine, 8000, 40, tf.constant([1, 2], tf.int32), generator="hash")
    assert chi_squared_p(count_states(samples), joint(machine).sum(axis=1)) > 1e-3
    np.testing.assert_allclose(np.mean(means, axis=0), np.mean(samples, axis=0), atol=0.03)
    others, _ = run(machine, 8000, 40, tf.constant([1, 3], tf.int32), generator="hash")
    matches = np.mean(np.all(np.asarray(samples) == np.asarray(others), axis=1))
    chance = np.sum(joint(machine).sum(axis=1) ** 2)
    np.testing.assert_allclose(matches, chance, atol=0.03)  # neighbouring seeds: unrelated chains


def test_long_chains_of_the_generator_of_xla():
    machine = tiny()
    kernel, start = GibbsKernel(machine, generator="threefry"), tf.zeros((8000, 4))
    run = tf.function(run_chain, jit_compile=True)
    samples, _ = run(kernel, start, kernel.bootstrap_results(start), 40, tf.constant([1, 2], tf.int32))
    assert chi_squared_p(count_states(samples), joint(machine).sum(axis=1)) > 1e-3


def test_clamped_units_condition_the_distribution():
    machine = tiny()
    samples, means = machine.sample(8000, 40, seed=1, clamp=([1], 1.0))
    on = states(3)[:, 1] == 1
    p = joint(machine)[:, on].sum(axis=1)
    assert chi_squared_p(count_states(samples), p / p.sum()) > 1e-3
    assert chi_squared_p(count_states(samples), joint(machine).sum(axis=1)) < 1e-6
    np.testing.assert_allclose(np.mean(means, axis=0), p @ states(4) / p.sum(), atol=0.02)


@pytest.mark.parametrize("generator", ["philox", "hash"])
def test_gaussian_chains_have_the_means_and_variances_of_the_mixture(generator):
    machine = tiny(visible="gaussian")
    machine.kernel.assign(0.5 * machine.kernel)
    kernel, b, c = (np.asarray(part, "float64") for part in (machine.kernel, machine.visible_bias, machine.hidden_bias))
    h = states(3).astype("float64")
    received = h @ kernel.T
    weights = np.exp(h @ c + received @ b + 0.5 * np.square(received).sum(axis=1))
    weights /= weights.sum()
    means = weights @ (b + received)
    variances = 1 + weights @ np.square(b + received) - np.square(means)
    samples = np.asarray(tf.function(machine.run)(20_000, 60, tf.constant([3, 1]), generator=generator)[0])
    np.testing.assert_allclose(samples.mean(axis=0), means, atol=0.05)
    np.testing.assert_allclose(samples.var(axis=0), variances, rtol=0.05)


def test_wrong_samples():
    machine = tiny()
    with pytest.raises(ValueError, match=r"units to clamp must lie in 0..2, received \[3\]"):
        machine.sample(2, 1, clamp=([3], 1.0))
    with pytest.raises(ValueError, match=r"start must have shape \(2, 4\)"):
        machine.sample(2, 1, start=np.zeros((3, 4)))


@pytest.mark.parametrize("generator", ["philox", "hash"])
def test_samples_of_a_persistent_machine_start_from_its_chains(generator):
    machine = RestrictedBoltzmannMachine(8, 8, persistent=True, chains=50)
    machine.kernel.assign(np.full((8, 8), 4.0))  # all on or all off: a chain does not pass from one to the other
    machine.visible_bias.assign(np.full(8, -16.0))
    machine.hidden_bias.assign(np.full(8, -16.0))
    machine.chain.assign(np.repeat([1.0, 0.0], [40, 10])[:, None] * np.ones(8))
    samples = np.asarray(tf.function(machine.run)(2000, 20, tf.constant([1, 1]), generator=generator)[0])
    assert set(samples.mean(axis=1)) == {0.0, 1.0}
    np.testing.assert_allclose(samples.mean(), 0.8, atol=0.04)
