"""How invariant the units of a layer are: how slowly activations fall along their invariance manifolds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinv.ops.whitening import ZcaWhitening
from kinv.results import TableResult
from kinv.surgery.tap import Units, tap

from .manifold import EPSILONS, InvarianceManifold, trace_manifold
from .maximization import maximize_activation
from .named import unit_columns

DRAWS = 2000  # bootstrap resamples


@dataclass(frozen=True, repr=False)
class LayerInvariance(TableResult):
    """The curves of a layer's units, for `K` units and `E` distances.

    Attributes:
        layer: the name of the layer.
        units: indices, `(K,)`.
        epsilons: distances from the optimum, divided by its norm, `(E,)`.
        activations: the highest activation at each distance, `(K, E)`; NaN for dead units.
        area: mean over units of the area under `max(h(epsilon), 0) / h(0)`, up to the last distance. Negative
            activations count as zero, so that units with a small `h(0)` do not outweigh the others.
        low, high: the 95 % bootstrap interval of that mean over units.
        counted: number of units in the mean: those with a positive activation at the optimum, `h(0) > 0`.
        names: the names of the units, `(K,)`, if they are those of classes.
    """

    layer: str
    units: np.ndarray
    epsilons: np.ndarray
    activations: np.ndarray
    area: float
    low: float
    high: float
    counted: int
    names: tuple[str, ...] | None = None

    def _columns(self):
        return {**unit_columns(self, 2), "epsilon": self.epsilons, "activation": self.activations}

    @property
    def areas(self) -> np.ndarray:
        """The area of every unit, `(K,)`; NaN for dead units and where `h(0)` is not positive."""
        return areas_under(self.activations, self.epsilons)

    @property
    def log_sigmoid(self) -> np.ndarray:
        """`log sigmoid(h)`, the y axis of the paper's figure 7, `(K, E)`."""
        return -np.logaddexp(0, -self.activations)


def measure_invariance(
    model: Any,
    layers: Sequence[str],
    norm: float,
    units: Units | int = 100,
    epsilons: Sequence[float] = EPSILONS,
    whitening: ZcaWhitening | None = None,
    seed: int = 0,
    *,
    restarts: int = 9,
    starts: int = 1,
    progress: bool = False,
    **tracing: Any,
) -> list[LayerInvariance]:
    """Measures invariance curves and their area for every layer.

    Erhan, Courville and Bengio 2010, section 5.3 and figure 7.

    The activation of a linear unit without bias falls as `1 - epsilon^2 / 2`, whatever its filter: its area is
    `2 sqrt(2) / 3 = 0.943`. A larger area means a more invariant unit.

    Args:
        model, whitening, epsilons: see `trace_manifold`.
        layers: names of the layers.
        norm: the norm of inputs, such as the mean norm of the data.
        units: how many units of every layer, evenly spaced, or their indices, a range or a slice.
        seed: seed of all random numbers.
        restarts: see `maximize_activation`.
        starts: see `trace_manifold`.
        progress: whether to show bars on stderr.
        **tracing: further arguments of `trace_manifold`.

    Raises:
        ValueError: if there are no layers; see also `maximize_activation` and `trace_manifold`.
    """
    if not layers or isinstance(layers, str):
        raise ValueError(f"layers must be a sequence of one or more names of layers, received {layers!r}")
    measured = []
    for layer in layers:
        chosen: Any = units
        if isinstance(units, int):
            width = len(tap(model, layer).units)
            chosen = np.linspace(0, width - 1, min(units, width)).astype(int)
        maxima = maximize_activation(model, layer, chosen, norm, restarts, seed, progress=progress)
        traced = trace_manifold(
            model,
            layer,
            maxima.units,
            maxima.best,
            epsilons,
            whitening,
            seed,
            starts=starts,
            progress=progress,
            **tracing,
        )
        measured.append(summarise_manifold(traced, seed))
    return measured


def summarise_manifold(manifold: InvarianceManifold, seed: int = 0) -> LayerInvariance:
    """The curves and the area of units whose manifolds have already been traced.

    Args:
        manifold: the manifold of some units of a layer.
        seed: seed of the bootstrap.

    Raises:
        ValueError: if no unit has a positive activation at its optimum.
    """
    activations = manifold.best_activations
    areas = areas_under(activations, manifold.epsilons)
    areas = areas[np.isfinite(areas)]
    if not len(areas):
        raise ValueError(
            f"No unit of {manifold.layer!r} has a positive activation at its optimum: choose other units, or raise the "
            "norm of the inputs."
        )
    drawn = np.random.default_rng(seed).choice(areas, (DRAWS, len(areas))).mean(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return LayerInvariance(
        manifold.layer, manifold.units, manifold.epsilons, activations, float(areas.mean()), float(low), float(high),
        len(areas), manifold.names,
    )  # fmt: skip


def areas_under(activations: np.ndarray, epsilons: np.ndarray) -> np.ndarray:
    """Areas under the curves `max(h(epsilon), 0) / h(0)`, `(K, E)` to `(K,)`; NaN where `h(0)` is not positive."""
    first = np.where(activations[:, :1] > 0, activations[:, :1], np.nan)
    return np.asarray(np.trapezoid(np.maximum(activations, 0) / first, epsilons, axis=1))
