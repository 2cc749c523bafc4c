"""Samples of a deep belief net with one of its units clamped on."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from kinv.results import Result
from kinv.surgery.tap import Units, checked_units


@runtime_checkable
class LayeredSampler(Protocol):
    """A model that can be sampled with a unit of a layer clamped, as a `DeepBeliefNetwork` can.

    Attributes:
        units: sizes of its layers, the visible one first.
    """

    units: Any

    def sample(self, count: int, steps: int, seed: int, *, layer: int, units: Any, progress: bool) -> tuple[Any, Any]:
        """Draws samples `(count, V)` with `units` of the layer clamped; returns them and their means."""
        ...


@dataclass(frozen=True, repr=False)
class UnitSamples(Result):
    """The samples of `sample_unit`, for `K` units and `N` samples each.

    Attributes:
        layer: the layer of the units; 1 is the lowest hidden layer.
        units: their indices, `(K,)`.
        samples: float32 `(K, N, V)`; zeros and ones for Bernoulli units.
        means: the means that the samples were drawn with, `(K, N, V)`.
    """

    layer: int
    units: np.ndarray
    samples: np.ndarray
    means: np.ndarray

    def _numbers(self):
        return {"mean": self.means.mean()}

    @property
    def expectation(self) -> np.ndarray:
        """An estimate of `E[x | h_ij = 1]`, `(K, V)`."""
        return self.means.mean(axis=1)


def sample_unit(
    dbn: Any,
    layer: int,
    units: Units = None,
    samples: int = 36,
    steps: int = 1000,
    seed: int = 0,
    *,
    progress: bool = False,
) -> UnitSamples:
    """Draws inputs from `p_j(x | h_ij = 1)`, the deep belief net up to layer j with one of its units clamped.

    Erhan, Courville and Bengio 2010, section 4.1: Gibbs sampling between the layer and the one below, then a pass down.
    Every sample is the end of its own chain, so that the samples of a unit are independent of each other. The paper
    takes one sample every 100 steps of a chain.

    Args:
        dbn: a `DeepBeliefNetwork`.
        layer: 1 is the lowest hidden layer.
        units: an index, indices, a range or a slice of them; default: all units of the layer.
        samples: number of samples for every unit.
        steps: number of Gibbs steps.
        seed: seed of the sampling.
        progress: whether to show a bar on stderr.

    Raises:
        ValueError: if the model can't be sampled with clamped units, there is no such layer or unit, or `samples` or
            `steps` are below 1.
    """
    if not isinstance(dbn, LayeredSampler):
        raise ValueError(
            f"sample_unit needs a DeepBeliefNetwork, received a {type(dbn).__name__}, which defines no "
            "distribution to sample from: use maximize_activation instead."
        )
    if not isinstance(layer, int) or not 1 <= layer < len(dbn.units):
        raise ValueError(f"layer must lie in 1..{len(dbn.units) - 1}, received {layer!r}")
    if samples < 1:
        raise ValueError(f"samples must be at least 1, received {samples}")
    chosen = checked_units(units, dbn.units[layer], f"layer {layer}")
    clamped = np.repeat(chosen, samples)[:, None]
    drawn = dbn.sample(len(clamped), steps, seed, layer=layer, units=clamped, progress=progress)
    values, means = (np.asarray(part).reshape(len(chosen), samples, -1) for part in drawn)
    return UnitSamples(layer, chosen, values, means)
