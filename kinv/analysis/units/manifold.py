"""What a unit is invariant to: how far its optimal input can be changed while its activation stays high."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinv.classifiers.classes import unit_names
from kinv.ops.whitening import ZcaWhitening
from kinv.progress_bar import progress_bar
from kinv.results import TableResult
from kinv.surgery.tap import MEAN, Units, tap

from .checks import checked_epsilons, checked_optimum
from .named import unit_columns
from .sphere import Sphere

EPSILONS = tuple(np.linspace(0, 2, 21))


@dataclass(frozen=True, repr=False)
class InvarianceManifold(TableResult):
    """The result of `trace_manifold`, for `K` units, `S` starts and `E` distances.

    Attributes:
        layer: the units' layer.
        units: their indices, `(K,)`.
        epsilons: distances from the optimum, divided by its norm, `(E,)`.
        optimum: the inputs that the manifolds start from, `(K, ...)`.
        inputs: float32 `(K, S, E, ...)`.
        activations: `(K, S, E)`; NaN for dead units.
        dead: units whose gradient at the optimum is zero or not finite, `(K,)`.
        names: the names of the units, `(K,)`, if they are those of classes.
    """

    layer: str
    units: np.ndarray
    epsilons: np.ndarray
    optimum: np.ndarray
    inputs: np.ndarray
    activations: np.ndarray
    dead: np.ndarray
    names: tuple[str, ...] | None = None

    def _numbers(self):
        ends = self.best_activations[~self.dead][:, [0, -1]]
        means = dict(zip(("mean_activation_at_first", "at_last"), ends.mean(axis=0), strict=True)) if len(ends) else {}
        return {**means, "dead": self.dead.mean()}

    def _columns(self):
        starts = np.arange(self.activations.shape[1])[:, None]
        return {
            **unit_columns(self, 3),
            "start": starts,
            "epsilon": self.epsilons,
            "activation": self.activations,
        }

    @property
    def best_activations(self) -> np.ndarray:
        """The highest activation over all starts, `(K, E)`."""
        return self.activations.max(axis=1)

    def constraint_errors(self) -> np.ndarray:
        """The largest relative error of `|x| = norm` and `|x - optimum| = epsilon norm` at every point, `(K, S, E)`.

        The second is relative to the norm, as the distance can be zero.
        """
        flat = self.inputs.reshape(*self.activations.shape, -1).astype("float64")
        optimum = self.optimum.reshape(len(self.units), 1, 1, -1).astype("float64")
        norm = np.linalg.norm(optimum, axis=-1)
        of_norm = np.abs(np.linalg.norm(flat, axis=-1) - norm)
        of_distance = np.abs(np.linalg.norm(flat - optimum, axis=-1) - self.epsilons * norm)
        return np.maximum(of_norm, of_distance) / norm


def trace_manifold(
    model: Any,
    layer: str,
    units: Units,
    optimum: Any,
    epsilons: Sequence[float] = EPSILONS,
    whitening: ZcaWhitening | None = None,
    seed: int = 0,
    *,
    position: str | tuple[int, int] = MEAN,
    starts: int = 4,
    steps: int = 60,
    threshold: float = 0.01,
    batch_size: int | None = None,
    progress: bool = False,
) -> InvarianceManifold:
    """Finds, for growing `epsilon`, `max h(x)` subject to `|x| = |optimum|` and `|x - optimum| = epsilon |optimum|`.

    Algorithm 1 of Erhan, Courville and Bengio 2010. Both constraints together define a sphere of one dimension less,
    around the optimum's axis: `x = norm (cos(a) u + sin(a) n)`. Here `u = optimum / norm` and
    `cos(a) = 1 - epsilon^2 / 2`, and `n` is a unit vector
    orthogonal to `u`. Steps change `n` along the gradient. The projection then makes it an orthogonal unit vector
    again, so that the constraints hold up to rounding. The other solution of the projection is `-n`; where it is
    better, ascent continues from there. Every distance starts from the solution of the previous one.

    With whitening (equation 1), steps follow the gradient in the coordinates `y = W x`, minus its components normal to
    the two ellipsoids. The result is projected back onto both along `x`, not along `y`. That projection is exact, while
    the nearest point along `y` has no closed form; both agree for small steps.

    Args:
        model, layer, units, position: see `kinv.analysis.tap`.
        optimum: `(K, ...)`, such as `ActivationMaxima.best`. Their norms may differ.
        epsilons: increasing distances, from 0 to at most 2.
        whitening: whitening of the model's inputs, as vectors.
        seed: seed of the random directions in which starts leave the optimum.
        starts: number of starts.
        steps: the maximum number of steps for each distance.
        threshold: ascent at a distance ends when five steps raise the activation by less than this share of its loss
            since the optimum.
        batch_size: inputs per batch; default: 1,024, or as many as have 4 million values, also in the layer's output.
        progress: whether to show a bar on stderr.

    Raises:
        ValueError: if values are out of range or of the wrong shape, or the optimum is zero or not finite.
    """
    tapped = tap(model, layer, units, position)
    optimum, norms = checked_optimum(tapped, optimum)
    distances = checked_epsilons(epsilons)
    if starts < 1 or steps < 1 or threshold < 0:
        raise ValueError(
            f"starts and steps must be at least 1 and threshold at least 0, received {starts}, {steps}, {threshold}"
        )
    count, size = len(optimum), math.prod(optimum.shape[1:])
    if whitening is not None and whitening.matrix.shape != (size, size):
        raise ValueError(
            f"whitening must be fitted to vectors of {size} values, as inputs have, received one of "
            f"{len(whitening.matrix)}"
        )
    random = np.random.default_rng(seed)
    way = random.standard_normal((starts, size)).astype("float32")
    if whitening is not None:
        way = way @ whitening.inverse  # noise with the data's covariance
    sphere = Sphere(tapped, optimum.shape[1:], whitening, steps, threshold)
    axes = (optimum.reshape(count, size) / norms[:, None]).astype("float32")
    dead = ~sphere.climbs(axes, norms, tapped.units)
    axes, norms, numbers = (np.repeat(part, starts, axis=0) for part in (axes, norms, tapped.units))
    at_a_time = tapped.at_a_time(optimum.shape[1:], batch_size)
    found, activations = (
        np.empty((count * starts, len(distances), size), "float32"),
        np.empty((count * starts, len(distances))),
    )
    with progress_bar(f"tracing manifolds of {layer}", count * starts * len(distances), progress) as advance:
        for begin in range(0, count * starts, at_a_time):
            at = slice(begin, begin + at_a_time)
            found[at], activations[at] = sphere.trace(
                axes[at], norms[at], numbers[at], np.tile(way, (count, 1))[at], distances, advance
            )
    shape = (count, starts, len(distances))
    activations = np.where(dead[:, None, None], np.nan, activations.reshape(shape))
    found = found.reshape(*shape, *optimum.shape[1:])
    names = unit_names(model, layer, tapped.units)
    return InvarianceManifold(layer, tapped.units, distances, optimum, found, activations, dead, names)
