"""What a deep belief net dreams of while one of its units is on."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from kinv.surgery.tap import Units, checked_units


@runtime_checkable
class LayeredSampler(Protocol):
    """What can be sampled with a unit of a layer clamped, as a `DeepBeliefNetwork` can.

    Attributes:
        units: of its layers, the visible one first.
    """

    units: Any

    def sample(self, count: int, steps: int, seed: int, *, layer: int, units: Any) -> tuple[Any, Any]:
        """Draws `(count, V)` and what it was drawn with, `units` of the layer clamped."""
        ...


@dataclass(frozen=True)
class UnitSamples:
    """What `sample_unit` drew, for `K` units and `N` samples each.

    Attributes:
        layer: of the units; 1 is the lowest hidden layer.
        units: their indices, `(K,)`.
        samples: float32 `(K, N, V)`; of Bernoulli units zeros and ones.
        means: what they were drawn with, `(K, N, V)`.
    """

    layer: int
    units: np.ndarray
    samples: np.ndarray
    means: np.ndarray

    @property
    def expectation(self) -> np.ndarray:
        """An estimate of `E[x | h_ij = 1]`, `(K, V)`."""
        return self.means.mean(axis=1)


def sample_unit(
    dbn: Any, layer: int, units: Units = None, samples: int = 36, steps: int = 1000, seed: int = 0
) -> UnitSamples:
    """Draws inputs from `p_j(x | h_ij = 1)`, the deep belief net up to layer j with one of its units clamped.

    Erhan, Courville and Bengio 2010, section 4.1: Gibbs sampling between the layer and the one below, then a pass down.
    Every sample is the end of a chain of its own, so that samples of a unit are independent of each other; the paper
    takes one every 100 steps of a chain.

    Args:
        dbn: a `DeepBeliefNetwork`.
        layer: 1 is the lowest hidden layer.
        units: index, indices, a range or slice of them; default: all of the layer.
        samples: for every unit.
        steps: of Gibbs sampling.
        seed: of what is drawn.

    Raises:
        ValueError: not a model that can be sampled with clamped units, no such layer or unit, no samples or steps.
    """
    if not isinstance(dbn, LayeredSampler):
        raise ValueError(
            f"sample_unit needs a DeepBeliefNetwork, received a {type(dbn).__name__}: other networks are no "
            "distribution that could be sampled from. maximize_activation works on any."
        )
    if not isinstance(layer, int) or not 1 <= layer < len(dbn.units):
        raise ValueError(f"layer must lie in 1..{len(dbn.units) - 1}, received {layer!r}")
    if samples < 1:
        raise ValueError(f"samples must be at least 1, received {samples}")
    chosen = checked_units(units, dbn.units[layer], f"layer {layer}")
    clamped = np.repeat(chosen, samples)[:, None]
    drawn = dbn.sample(len(clamped), steps, seed, layer=layer, units=clamped)
    values, means = (np.asarray(part).reshape(len(chosen), samples, -1) for part in drawn)
    return UnitSamples(layer, chosen, values, means)
