"""How much of a unit's invariance is to rotation, translation, scaling or stroke width."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinv.progress_bar import progress_bar
from kinv.results import TableResult
from kinv.surgery.tap import MEAN, Units, tap

from .checks import checked_epsilons, checked_optimum, image_shape_of
from .known_transformations import FAMILIES, PARAMETERS, TOGETHER
from .manifold import EPSILONS, InvarianceManifold, trace_manifold
from .named import unit_columns
from .transformation_search import Best, Search

LEAST_EXCESS = 0.02  # area of a free manifold above a linear unit's, below which shares are not measured


@dataclass(frozen=True, repr=False)
class InvarianceDecomposition(TableResult):
    """Curves of `K` units for `F` families of transformations and `E` distances; the last family is all together.

    Attributes:
        layer: the units' layer.
        units: their indices, `(K,)`.
        epsilons: distances from the optimum, divided by its norm, `(E,)`.
        families: names, `(F,)`.
        activations: the highest activation at this distance or farther, `(K, F, E)`. NaN for dead units, and where no
            transformation reaches the distance.
        parameters: parameters of the best transformations, see `known_transformations.transform`, `(K, F, E, 6)`.
        free: the highest activation of the free manifold at this distance or farther, `(K, E)`. The free manifold
            includes the known transformations, so that it is at least their activation.
        at_optimum: `h(0)`, the activation at the optimum, `(K,)`; NaN for dead units. Curves can be higher where the
            optimum is only a local one.
        names: the names of the units, `(K,)`, if they are those of classes.
    """

    layer: str
    units: np.ndarray
    epsilons: np.ndarray
    families: tuple[str, ...]
    activations: np.ndarray
    parameters: np.ndarray
    free: np.ndarray
    at_optimum: np.ndarray
    names: tuple[str, ...] | None = None

    def _numbers(self):
        groups, counts = np.unique(self.groups(), return_counts=True)
        return dict(zip((f"units_of_group_{group}" for group in groups), counts, strict=True))

    def _columns(self):
        return {
            **unit_columns(self, 2),
            "family": np.array(self.families, object),
            "tolerance": self.tolerances,
            "share": self.shares,
            "reach": self.reaches,
        }

    @property
    def turned_on(self) -> np.ndarray:
        """Whether units have a positive activation at the optimum, `h(0) > 0`, `(K,)`."""
        return self.at_optimum > 0

    @property
    def reaches(self) -> np.ndarray:
        """The farthest distance that each family reaches, `(K, F)`."""
        return np.where(np.isfinite(self.activations), self.epsilons, 0).max(axis=2)

    @property
    def tolerances(self) -> np.ndarray:
        """The share that a unit keeps of a linear unit's loss up to the reach, at most 1, `(K, F)`.

        A linear unit keeps `1 - epsilon^2 / 2` of `h(0)` for any change: its tolerance is 0. At 1, nothing is lost. A
        negative tolerance means that the unit is more sensitive than a linear one. Activations below zero count as
        zero, those above `h(0)` as `h(0)`. NaN where `h(0)` is not positive.
        """
        ideal = np.where(np.isfinite(self.activations), self.at_optimum[:, None, None], np.nan)
        possible = self._excess(ideal)
        return self._excess(self.activations) / np.where(possible > 0, possible, np.nan)

    @property
    def shares(self) -> np.ndarray:
        """The share of the free manifold's invariance that each family explains, at most 1, `(K, F)`.

        This is the area of its curve above a linear unit's, divided by that of the free manifold. NaN where `h(0)` is
        not positive, and where the free manifold is not above a linear unit, so that there is nothing to explain.
        """
        free = self._excess(self.free[:, None])
        return self._excess(self.activations) / np.where(free > LEAST_EXCESS, free, np.nan)

    def groups(self, least: float = 0.1) -> np.ndarray:
        """The family that every unit tolerates most, if that tolerance is at least `least`, `(K,)`.

        Otherwise the group is `"none of these"`, or `"not turned on"` where `h(0)` is not positive. The family of all
        transformations together is not considered here.
        """
        known = np.nan_to_num(self.tolerances[:, :-1], nan=-np.inf)
        names = np.array(self.families[:-1], object)[known.argmax(axis=1)]
        return np.where(self.turned_on, np.where(known.max(axis=1) >= least, names, "none of these"), "not turned on")

    def _excess(self, activations):
        """The area above a linear unit up to the reach, `(K, F, E)` to `(K, F)`."""
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
    progress: bool = False,
) -> InvarianceDecomposition:
    """The invariance manifold restricted to known transformations of the optimum, compared with the free one.

    Erhan, Courville and Bengio 2010, section 6, leave this to future work: "limited to inputs corresponding to only
    rotations (or only translations or etc.)". The families are rotations, translations, scalings along both axes,
    stroke widths, and all of them together. For each, the result is the highest activation of a transformed optimum,
    rescaled to the optimum's norm, that is at least `epsilon` away from it. Few transformations are exactly that far
    away, hence "at least"; the free manifold is measured in the same way. The search over the parameters starts with
    Sobol points of the whole range. Rounds of ever closer proposals around the best point of every distance follow.
    The search of all together also starts from the best of each family.

    Args:
        model, layer, units, optimum, position, batch_size: see `trace_manifold`.
        epsilons: increasing distances, from 0 to at most 2.
        free: the free manifold of the same units and distances; default: from `trace_manifold`.
        shape: the shape of an image, `(H, W)` or `(H, W, C)`, if inputs are vectors.
        seed: seed of all random numbers.
        samples: number of points of the whole range for each family, a power of two.
        proposals: number of proposals around the best point of every distance, in each round.
        progress: whether to show bars on stderr.

    Raises:
        ValueError: if values are out of range or of the wrong shape, epsilons do not begin with 0, or the free manifold
            is of other units or distances.
    """
    tapped = tap(model, layer, units, position)
    optimum, norms = checked_optimum(tapped, optimum)
    distances = checked_epsilons(epsilons)
    if distances[0] != 0:
        raise ValueError(f"epsilons must begin with 0, the optimum, received {epsilons}")
    if samples < 1 or samples & (samples - 1) or proposals < 1:
        raise ValueError(f"samples must be a power of two and proposals at least 1, received {samples} and {proposals}")
    image_shape = image_shape_of(optimum.shape[1:], shape)
    if free is None:
        free = trace_manifold(
            model,
            layer,
            units,
            optimum,
            epsilons,
            None,
            seed,
            position=position,
            batch_size=batch_size,
            progress=progress,
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
    search = Search(tapped, optimum, norms, image_shape, distances, batch_size)
    random = np.random.default_rng(seed)
    found: list[Best] = []
    with progress_bar(f"transforming inputs of {layer}", len(FAMILIES) + 1, progress) as advance:
        for active in FAMILIES.values():
            found.append(search.best_of(active, samples, proposals, random))
            advance(1)
        found.append(search.best_of(range(len(PARAMETERS)), samples, proposals, random, found))
        advance(1)
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
        free.names,
    )
