"""The partition function of a restricted Boltzmann machine: exact for small machines, else by annealing."""

import itertools
import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv import backend
from kinv.arrays import as_numbers
from kinv.progress_bar import progress_bar
from kinv.results import Result

MOST_UNITS = 20  # their 2^20 states are summed
CHUNK = 4096


@dataclass(frozen=True, repr=False)
class LogPartition(Result):
    """An estimate of `log Z` in nats.

    Attributes:
        value: log of the mean importance weight.
        low, high: log of that mean minus and plus three standard errors; `-inf` where the difference is not positive.
        chains: `(chains,)`, log importance weights.
    """

    value: float
    low: float
    high: float
    chains: np.ndarray


def exact_log_partition(machine: Any) -> float:
    """`log Z` in nats, summed over all states of the smaller layer; Gaussian units are integrated out.

    Raises:
        ValueError: the layer to sum over has more than 20 units.
    """
    kernel, visible_bias, hidden_bias = _parameters(machine)
    by_hidden = machine.visible == "gaussian" or len(hidden_bias) <= len(visible_bias)
    bias, others = (hidden_bias, visible_bias) if by_hidden else (visible_bias, hidden_bias)
    weights = kernel.T if by_hidden else kernel
    if len(bias) > MOST_UNITS:
        raise ValueError(
            f"the layer to sum over must have at most {MOST_UNITS} units, received {len(bias)}: "
            "use estimate_log_partition"
        )
    terms = []
    states = itertools.product((0.0, 1.0), repeat=len(bias))
    while chunk := list(itertools.islice(states, CHUNK)):
        state = np.array(chunk)
        weighted = state @ weights
        if machine.visible == "gaussian":  # the integral of exp(-|v - b|^2 / 2 + v w), w = weighted
            of_others = 0.5 * len(others) * math.log(2 * math.pi) + weighted @ others + 0.5 * np.square(weighted).sum(1)
        else:
            of_others = np.logaddexp(0, others + weighted).sum(1)
        terms.append(state @ bias + of_others)
    return float(np.logaddexp.reduce(np.concatenate(terms)))


def estimate_log_partition(
    machine: Any,
    *,
    base: Any = None,
    chains: int = 100,
    temperatures: int = 10_000,
    seed: int = 0,
    progress: bool = False,
) -> LogPartition:
    """`log Z` by annealed importance sampling (Neal 2001; for RBMs Salakhutdinov and Murray 2008).

    Every chain starts from a base RBM without weights, whose `Z` is known, and moves to `machine` in small steps. The
    importance weights are unbiased for the ratio of the two `Z`, for any number of steps.

    Args:
        machine: a `RestrictedBoltzmannMachine`.
        base: visible biases of the base RBM, `(V,)`, such as log odds of the data; default: those of `machine`.
        chains: number of parallel chains; their standard error gives the interval.
        temperatures: number of annealing steps.
        seed: seeds the sampling.
        progress: whether to show a bar on stderr.

    Raises:
        ValueError: `chains` is below 2, `temperatures` is below 1, or `base` has another shape.
    """
    if chains < 2 or temperatures < 1:
        raise ValueError(f"chains must be at least 2 and temperatures at least 1, received {chains} and {temperatures}")
    kernel, visible_bias, hidden_bias = (ops.convert_to_tensor(part, "float32") for part in _parameters(machine))
    base = visible_bias if base is None else ops.convert_to_tensor(as_numbers(base, "base"))
    if tuple(base.shape) != tuple(visible_bias.shape):
        raise ValueError(f"base must have shape {tuple(visible_bias.shape)}, received {tuple(base.shape)}")
    bernoulli, generator = machine.visible == "bernoulli", keras.random.SeedGenerator(seed)
    shape, hidden_shape = (chains, len(base)), (chains, len(hidden_bias))

    def drawn(pre_activations, uniform):
        return ops.cast(uniform < ops.sigmoid(pre_activations), "float32")

    def visible_from(pre_activations, noise):
        return drawn(pre_activations, noise) if bernoulli else pre_activations + noise

    def energy_gap(visible):
        """Energy of the base minus that of the machine, without hidden units."""
        if bernoulli:
            return ops.matmul(visible, visible_bias - base)
        return (ops.sum(ops.square(visible - base), -1) - ops.sum(ops.square(visible - visible_bias), -1)) / 2

    def step(visible, weights, before, now, uniform, noise):
        pre_activations = ops.matmul(visible, kernel) + hidden_bias
        gain = ops.softplus(now * pre_activations) - ops.softplus(before * pre_activations)
        weights = weights + (now - before) * energy_gap(visible) + ops.sum(gain, axis=-1)
        hidden = drawn(now * pre_activations, uniform)
        means = (1 - now) * base + now * (visible_bias + ops.matmul(hidden, ops.transpose(kernel)))
        return visible_from(means, noise), weights

    def noise(size):
        return keras.random.uniform(size, seed=generator) if bernoulli else keras.random.normal(size, seed=generator)

    step = backend.compile(step)
    visible, weights = visible_from(ops.broadcast_to(base, shape), noise(shape)), ops.zeros((chains,))
    levels = ops.convert_to_tensor(np.linspace(0, 1, temperatures + 1), "float32")
    with progress_bar("annealing", temperatures, progress) as advance:
        for index in range(temperatures):
            uniform = keras.random.uniform(hidden_shape, seed=generator)
            visible, weights = step(visible, weights, levels[index], levels[index + 1], uniform, noise(shape))
            advance(1)
    return _summary(ops.convert_to_numpy(weights).astype("float64"), _log_base(base, hidden_shape[1], bernoulli))


def log_likelihood(machine: Any, visible: Any, log_partition: float) -> np.ndarray:
    """`log p(v)` in nats of every image `(N, V)`, given `log Z`.

    Raises:
        ValueError: images of another shape, not finite, or out of the range of the visible units.
    """
    visible = machine.checked(visible)  # a tensor
    energies = [
        ops.convert_to_numpy(machine.free_energy(visible[start : start + CHUNK]))
        for start in range(0, len(visible), CHUNK)
    ]
    return -np.concatenate(energies).astype("float64") - log_partition


def _parameters(machine):
    variables = machine.kernel, machine.visible_bias, machine.hidden_bias
    return [ops.convert_to_numpy(variable).astype("float64") for variable in variables]


def _log_base(base, hidden_units, bernoulli):
    base = ops.convert_to_numpy(base).astype("float64")
    of_visible = np.logaddexp(0, base).sum() if bernoulli else 0.5 * len(base) * math.log(2 * math.pi)
    return of_visible + hidden_units * math.log(2)


def _summary(weights, log_base):
    top = weights.max()
    ratios = np.exp(weights - top)
    mean, error = ratios.mean(), ratios.std(ddof=1) / math.sqrt(len(ratios))
    value, high = (float(log_base + top + np.log(ratio)) for ratio in (mean, mean + 3 * error))
    low = float(log_base + top + np.log(mean - 3 * error)) if mean > 3 * error else -math.inf
    return LogPartition(value, low, high, log_base + weights)
