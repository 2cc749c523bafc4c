"""Which part of what a unit ignores is a rotation, a translation, a scaling or another stroke width."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops
from scipy.stats import qmc

from kinv import backend
from kinv.surgery.tap import MEAN, Units, tap

from .known_transformations import FAMILIES, PARAMETERS, TOGETHER, transform
from .manifold import EPSILONS, InvarianceManifold, checked_epsilons, checked_optimum, trace_manifold

SPREADS = (0.2, 0.1, 0.05, 0.02, 0.01)  # of the proposals around the best, round after round
LEAST_EXCESS = 0.02  # area of a free manifold above a linear unit's, of which shares are measured


@dataclass(frozen=True)
class InvarianceDecomposition:
    """Curves of `K` units for `F` families of transformations and `E` distances; the last family is all of them.

    Attributes:
        layer: the units' layer.
        units: their indices, `(K,)`.
        epsilons: distances from the optimum, over its norm, `(E,)`.
        families: names, `(F,)`.
        activations: the highest at this distance or farther, `(K, F, E)`; NaN where no transformation goes so far, and
            for dead units.
        parameters: of the transformations that reach it, see `known_transformations.transform`, `(K, F, E, 6)`.
        free: the highest of the free manifold at this distance or farther, `(K, E)`. The known transformations are
            among what it may do, so that it is at least their activation.
        at_optimum: `h(0)`, the activation at the optimum, `(K,)`; NaN for dead units. Curves can be higher, where the
            optimum is a local one.
    """

    layer: str
    units: np.ndarray
    epsilons: np.ndarray
    families: tuple[str, ...]
    activations: np.ndarray
    parameters: np.ndarray
    free: np.ndarray
    at_optimum: np.ndarray

    @property
    def turned_on(self) -> np.ndarray:
        """Units that their optimum turns on, `h(0) > 0`, `(K,)`."""
        return self.at_optimum > 0

    @property
    def reaches(self) -> np.ndarray:
        """The farthest of the distances that every family reaches, `(K, F)`."""
        return np.where(np.isfinite(self.activations), self.epsilons, 0).max(axis=2)

    @property
    def tolerances(self) -> np.ndarray:
        """Which share a unit keeps of what a linear unit loses on the way to the reach, at most 1, `(K, F)`.

        A linear unit keeps `1 - epsilon^2 / 2` of `h(0)` whatever changes: 0. 1: nothing is lost. Negative: the unit is
        more sensitive than a linear one. Activations below zero count as zero, those above `h(0)` as `h(0)`. NaN for
        units that their optimum does not turn on.
        """
        ideal = np.where(np.isfinite(self.activations), self.at_optimum[:, None, None], np.nan)
        possible = self._excess(ideal)
        return self._excess(self.activations) / np.where(possible > 0, possible, np.nan)

    @property
    def shares(self) -> np.ndarray:
        """Which share of the free manifold's invariance every family explains, at most 1, `(K, F)`.

        The area of its curve above a linear unit's, over the same of the free manifold. NaN for units that their
        optimum does not turn on, and for those whose free manifold is not above a linear unit: there is nothing to
        explain.
        """
        free = self._excess(self.free[:, None])
        return self._excess(self.activations) / np.where(free > LEAST_EXCESS, free, np.nan)

    def groups(self, least: float = 0.1) -> np.ndarray:
        """What every unit ignores most: the family of the highest tolerance, if that is at least `least`, `(K,)`.

        Else `"none of these"`; `"not turned on"` for units that their optimum does not turn on. All together is not
        among the families here.
        """
        known = np.nan_to_num(self.tolerances[:, :-1], nan=-np.inf)
        names = np.array(self.families[:-1], object)[known.argmax(axis=1)]
        return np.where(self.turned_on, np.where(known.max(axis=1) >= least, names, "none of these"), "not turned on")

    def _excess(self, activations):
        """Area above a linear unit, up to the reach; `(K, F)` from `(K, F, E)`."""
        first = np.where(self.turned_on, self.at_optimum, np.nan)[:, None, None]
        linear = np.maximum(1 - self.epsilons**2 / 2, 0)
        above = np.clip(activations / first, 0, 1) - linear
        pieces = np.diff(self.epsilons) * (above[..., 1:] + above[..., :-1]) / 2
        return np.where(self.turned_on[:, None], np.nansum(pieces, axis=2), np.nan)


def decompose_invariance(
    model: Any,
    layer: str,
    units: Units,
    optimum: Any,
    epsilons: Sequence[float] = EPSILONS,
    free: InvarianceManifold | None = None,
    shape: Sequence[int] | None = None,
    seed: int = 0,
    *,
    position: str | tuple[int, int] = MEAN,
    samples: int = 256,
    proposals: int = 8,
    batch_size: int | None = None,
) -> InvarianceDecomposition:
    """The invariance manifold restricted to known transformations of the optimum, beside the free one.

    What Erhan, Courville and Bengio 2010, section 6, leave to future work: "limited to inputs corresponding to only
    rotations (or only translations or etc.)". For rotations, translations, scalings along both axes and stroke widths,
    and for all of them together, the highest activation of a transformed optimum, brought back to the optimum's norm,
    that is at least `epsilon` away from it. ("At least", as few transformations are exactly that far; of the free
    manifold the same is taken.) The search is over the parameters: Sobol points of the whole range, then rounds of
    proposals around the best of every distance, closer and closer; all together also starts from the best of each.

    Args:
        model, layer, units, optimum, position, batch_size: see `trace_manifold`.
        epsilons: rising, from 0 to at most 2.
        free: of the same units and distances; default: `trace_manifold` of them.
        shape: of an image, `(H, W)` or `(H, W, C)`, where inputs are vectors.
        seed: of everything drawn.
        samples: points of the whole range for each family, a power of two.
        proposals: around the best of every distance, in each round.

    Raises:
        ValueError: values out of range or of wrong shape; epsilons that do not begin with 0; a free manifold of others.
    """
    tapped = tap(model, layer, units, position)
    optimum, norms = checked_optimum(tapped, optimum)
    distances = checked_epsilons(epsilons)
    if distances[0] != 0:
        raise ValueError(f"epsilons must begin with 0, the optimum, received {epsilons}")
    if samples < 1 or samples & (samples - 1) or proposals < 1:
        raise ValueError(f"samples must be a power of two and proposals at least 1, received {samples} and {proposals}")
    image_shape = _image_shape(optimum.shape[1:], shape)
    if free is None:
        free = trace_manifold(
            model, layer, units, optimum, epsilons, None, seed, position=position, batch_size=batch_size
        )
    elif not (
        free.layer == layer
        and np.array_equal(free.units, tapped.units)
        and np.array_equal(free.epsilons, distances)
        and np.array_equal(free.optimum, optimum)
    ):
        raise ValueError(
            f"free must be traced from the same optimum of the same units of {layer!r}, at the same epsilons; received "
            f"one of {len(free.units)} units of {free.layer!r} at {len(free.epsilons)} epsilons"
        )
    search = _Search(tapped, optimum, norms, image_shape, distances, batch_size)
    random = np.random.default_rng(seed)
    found = [search.best_of(active, samples, proposals, random) for active in FAMILIES.values()]
    found.append(search.best_of(range(len(PARAMETERS)), samples, proposals, random, found))
    activations = np.stack([best.activations for best in found], axis=1)
    activations = np.where(free.dead[:, None, None], np.nan, activations)
    farther = np.maximum.accumulate(free.best_activations[:, ::-1], axis=1)[:, ::-1]
    return InvarianceDecomposition(
        layer,
        tapped.units,
        distances,
        (*FAMILIES, TOGETHER),
        activations,
        np.stack([best.parameters for best in found], axis=1),
        np.fmax(farther, activations[:, -1]),
        free.best_activations[:, 0],
    )


class _Best:
    """The best transformation of every unit at every distance: activations `(K, E)` and parameters `(K, E, 6)`."""

    def __init__(self, count: int, distances: np.ndarray):
        self.distances = distances
        self.activations = np.full((count, len(distances)), np.nan)
        self.parameters = np.zeros((count, len(distances), len(PARAMETERS)), "float32")

    def take(self, parameters, activations, reached) -> None:
        """What is better of these, `(K, N, 6)`, `(K, N)` and `(K, N)`."""
        for index, distance in enumerate(self.distances):
            far = np.where(reached >= distance, activations, -np.inf)
            best = far.argmax(axis=1)[:, None]
            value = np.take_along_axis(far, best, axis=1)[:, 0]
            better = (value > -np.inf) & ~(value <= self.activations[:, index])
            self.activations[better, index] = value[better]
            chosen = np.take_along_axis(parameters, best[..., None], axis=1)[:, 0]
            self.parameters[better, index] = chosen[better]


class _Search:
    """Activations and distances of transformed optima."""

    def __init__(self, tapped, optimum, norms, image_shape, distances, batch_size):
        self.optimum = optimum.reshape(len(optimum), *image_shape)
        self.norms, self.units, self.distances = norms.astype("float32"), tapped.units, distances
        self.at_a_time = tapped.at_a_time(optimum.shape[1:], batch_size)
        shape = optimum.shape[1:]

        def evaluate(images, norms, units, parameters):
            moved = transform(images, parameters)
            length = ops.sqrt(ops.sum(ops.square(moved), axis=(1, 2, 3)))
            moved = moved * ops.reshape(norms / ops.maximum(length, 1e-6 * norms), (-1, 1, 1, 1))
            reached = ops.sqrt(ops.sum(ops.square(moved - images), axis=(1, 2, 3))) / norms
            gone = length < 1e-3 * norms  # out of the image
            return tapped.activation_of(ops.reshape(moved, (-1, *shape)), units), ops.where(gone, -1.0, reached)

        self._evaluate = backend.compile(evaluate)

    def best_of(
        self,
        active: Sequence[int],
        samples: int,
        proposals: int,
        random: np.random.Generator,
        also: Sequence[_Best] = (),
    ) -> _Best:
        """Of the transformations that have these parameters, and of what was found before."""
        active, count = list(active), len(self.units)
        best = _Best(count, self.distances)
        points = np.zeros((samples, len(PARAMETERS)), "float32")
        points[1:, active] = 2 * qmc.Sobol(len(active), rng=random).random(samples)[1:] - 1  # the first: the optimum
        self.try_all(best, np.repeat(points[None], count, axis=0))
        for earlier in also:
            self.try_all(best, earlier.parameters)
        for spread in SPREADS:
            noise = np.zeros((count, len(self.distances), proposals, len(PARAMETERS)), "float32")
            noise[..., active] = spread * random.standard_normal(noise[..., active].shape)
            around = np.clip(best.parameters[:, :, None] + noise, -1, 1)
            self.try_all(best, around.reshape(count, -1, len(PARAMETERS)))
        return best

    def try_all(self, best: _Best, parameters: np.ndarray) -> None:
        """Parameters `(K, N, 6)`."""
        count, tried = parameters.shape[:2]
        of = np.repeat(np.arange(count), tried)
        flat = parameters.reshape(-1, parameters.shape[-1])
        activations, reached = np.empty(len(of), "float32"), np.empty(len(of), "float32")
        for begin in range(0, len(of), self.at_a_time):
            at = slice(begin, begin + self.at_a_time)
            given = (self.optimum[of[at]], self.norms[of[at]], self.units[of[at]], flat[at])
            values = self._evaluate(*(ops.convert_to_tensor(part) for part in given))
            activations[at], reached[at] = (ops.convert_to_numpy(value) for value in values)
        best.take(parameters, activations.reshape(count, tried), reached.reshape(count, tried))


def _image_shape(shape, given):
    """`(H, W, C)` of inputs of a shape."""
    if given is None:
        given = shape
    elif len(shape) != 1:
        raise ValueError(f"shape is for inputs that are vectors: these have the shape {tuple(shape)}, received {given}")
    height_width_channels = (*given, 1)[:3] if len(given) == 2 else tuple(given)
    if len(height_width_channels) != 3 or math.prod(height_width_channels) != math.prod(shape):
        raise ValueError(f"shape must be (H, W) or (H, W, C) with {math.prod(shape)} values in all, received {given}")
    return height_width_channels
