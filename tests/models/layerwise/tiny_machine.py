"""Machines that are small enough to enumerate: what their distribution is, exactly."""

import itertools

import numpy as np


def states(count):
    """All `2^count` rows of zeros and ones."""
    return np.array(list(itertools.product((0.0, 1.0), repeat=count)), "float32")


def joint(machine):
    """`p(v, h)` of a Bernoulli machine, `(2^V, 2^H)`, from its energies alone."""
    v, h = states(machine.visible_units), states(machine.hidden_units)
    kernel, b, c = (np.asarray(part, "float64") for part in (machine.kernel, machine.visible_bias, machine.hidden_bias))
    weights = np.exp((v @ b)[:, None] + (h @ c)[None] + v @ kernel @ h.T)
    return weights / weights.sum()


def randomize(machine, seed=0, scale=1.0):
    """Gives a machine weights that make its units depend on each other."""
    random = np.random.default_rng(seed)
    for variable in (machine.kernel, machine.visible_bias, machine.hidden_bias):
        variable.assign(scale * random.normal(size=variable.shape))
    return machine


def chi_squared_p(counts, probabilities):
    """How probable it is that counts this far from these probabilities come about by chance; rare states together."""
    from scipy.stats import chisquare

    expected = probabilities * counts.sum()
    rare = expected < 5
    seen = np.append(counts[~rare], counts[rare].sum())
    wanted = np.append(expected[~rare], expected[rare].sum())
    kept = wanted > 0
    return chisquare(seen[kept], wanted[kept]).pvalue


def count_states(rows):
    """How often each row of zeros and ones comes, in the order of `states`."""
    rows = np.asarray(rows).astype(int)
    numbers = rows @ (1 << np.arange(rows.shape[1])[::-1])
    return np.bincount(numbers, minlength=1 << rows.shape[1])
