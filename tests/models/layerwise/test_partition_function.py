"""Log Z: exact against a sum over all states, annealed against exact."""

import numpy as np
import pytest

from kinv.analysis import estimate_log_partition, exact_log_partition, log_likelihood
from kinv.models import RestrictedBoltzmannMachine

from .tiny_machine import randomize, states


@pytest.mark.parametrize(("visible", "hidden"), [(4, 6), (6, 4)])
def test_exact_against_all_states_of_both_layers(visible, hidden):
    machine = randomize(RestrictedBoltzmannMachine(visible, hidden))
    v, h = states(visible).astype("float64"), states(hidden).astype("float64")
    kernel, b, c = (np.asarray(part, "float64") for part in (machine.kernel, machine.visible_bias, machine.hidden_bias))
    exact = np.log(np.exp((v @ b)[:, None] + (h @ c)[None] + v @ kernel @ h.T).sum())
    assert exact_log_partition(machine) == pytest.approx(exact, abs=1e-9)
    assert np.exp(log_likelihood(machine, v, exact_log_partition(machine))).sum() == pytest.approx(1, abs=1e-4)


def test_exact_gaussian_against_an_integral():
    machine = randomize(RestrictedBoltzmannMachine(1, 3, visible="gaussian"))
    points = np.linspace(-15, 15, 30_001, dtype="float32")[:, None]
    densities = np.exp(-np.asarray(machine.free_energy(points), "float64"))
    assert exact_log_partition(machine) == pytest.approx(np.log(densities.sum() * 1e-3), abs=1e-4)


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.long)])
def test_annealing_is_within_a_tenth_of_a_nat(visible, seed):
    scale = 1.0 if visible == "bernoulli" else 0.4
    machine = randomize(RestrictedBoltzmannMachine(12, 8, visible=visible), seed, scale)
    estimate = estimate_log_partition(machine, base=np.zeros(12), chains=200, temperatures=500, seed=seed)
    assert estimate.value == pytest.approx(exact_log_partition(machine), abs=0.1)
    assert estimate.low < estimate.value < estimate.high < estimate.value + 0.5


def test_a_machine_without_weights_is_known_at_once():
    machine = RestrictedBoltzmannMachine(5, 3)
    machine.kernel.assign(np.zeros((5, 3)))
    machine.visible_bias.assign(np.arange(5))
    expected = np.logaddexp(0, np.arange(5)).sum() + 3 * np.log(2)
    assert estimate_log_partition(machine, chains=2, temperatures=1).value == pytest.approx(expected, abs=1e-5)


def test_wrong_input():
    machine = RestrictedBoltzmannMachine(30, 25)
    with pytest.raises(ValueError, match="at most 20 units, received 25"):
        exact_log_partition(machine)
    with pytest.raises(ValueError, match="chains must be at least 2"):
        estimate_log_partition(machine, chains=1)
    with pytest.raises(ValueError, match=r"base must have shape \(30,\)"):
        estimate_log_partition(machine, base=np.zeros(3))
