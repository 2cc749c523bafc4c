"""Accuracy with other filters by how far they move a layer's outputs: sets of filters are compared where that is equal.

Shapes: `K` kinds of filters, `M` movements, `S` sets, `N` images.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinv.classifiers.filter_sets import right_of_sets
from kinv.classifiers.patch_moments import PatchMoments, patch_moments
from kinv.classifiers.predict import predict_classes
from kinv.classifiers.replaced_filters import ReplacedFilters
from kinv.intervals import Chance, mean_interval, of_paired_shares, variance_of_mean
from kinv.progress_bar import progress_bar
from kinv.results import TableResult
from kinv.verdicts import Verdict, judged

from . import baselines
from .baselines import FilterSets, at_movement

MOVEMENTS = 0.25, 0.5, 0.8, 1.0
RIDGES = 1e-1, 1e-2, 1e-3, 1e-4  # of noise that has one, the best of which is chosen at each movement,
CHOSEN_ON, CHOSEN_BY = 300, 5  # on so many other images, by so many other sets
SLOPES = 30_000_000  # values, at most
GENERATED = "generated"


@dataclass(frozen=True, repr=False)
class MovementCurves(TableResult):
    """Accuracies of sets of filters at equal movement of the layer's outputs.

    Attributes:
        layer: its name.
        names: the kinds of filters, `K`; the generated ones first, where there are any.
        movements: `(M,)`, see `PatchMoments.movements`.
        by_set: share of the images that are right with each set, `(K, M, S)` in 0..1; NaN where a set does not move
            outputs so far.
        by_image: share of the sets that are right on each image, `(K, M, N)`; NaN where no set moves them so far.
        network: accuracy with the real filters.
    """

    layer: str
    names: tuple[str, ...]
    movements: np.ndarray
    by_set: np.ndarray
    by_image: np.ndarray
    network: float

    def _columns(self):
        low, high = self.intervals()
        return {
            "filters": np.array(self.names)[:, None],
            "movement": self.movements[None],
            "accuracy": self.accuracies(),
            "low": low,
            "high": high,
            "sets": (~np.isnan(self.by_set)).sum(axis=2),
        }

    def accuracies(self) -> np.ndarray:
        """Mean accuracies, `(K, M)`; NaN where no set moves outputs so far."""
        reached = ~np.isnan(self.by_set)
        total = np.where(reached, self.by_set, 0).sum(axis=2)
        return np.where(reached.any(axis=2), total / np.maximum(reached.sum(axis=2), 1), np.nan)

    def intervals(self) -> tuple[np.ndarray, np.ndarray]:
        """Ends of 95 % intervals over images and sets, `(K, M)` each."""
        ends = np.full((2, *self.by_set.shape[:2]), np.nan)
        for place in np.argwhere(~np.isnan(self.accuracies())):
            sets, images = self.by_set[tuple(place)], self.by_image[tuple(place)]
            sets = sets[~np.isnan(sets)]
            of_images = float(np.var(np.append(images, (0.0, 1.0)), ddof=1)) / (len(images) + 2)
            chances = [Chance("images", len(images), of_images), Chance("sets", len(sets), variance_of_mean(sets))]
            ends[(slice(None), *place)] = np.clip(mean_interval(float(sets.mean()), chances), 0, 1)
        return ends[0], ends[1]

    def areas(self) -> np.ndarray:
        """Mean accuracy over movements from 0 to the last, `(K,)`, by trapezoids; NaN where some are not reached."""
        at = np.append(0.0, self.movements)
        values = np.concatenate([np.full((len(self.names), 1), self.network), self.accuracies()], axis=1)
        return np.trapezoid(values, at, axis=1) / at[-1]

    def difference(self, name: str, other: str, movement: int) -> tuple[float, float, float]:
        """By how much one kind is more accurate than another at the so-manieth movement, and its 95 % interval."""
        mean, chances = self._compared(name, other, movement)
        low, high = mean_interval(mean, chances)
        return mean, low, high

    def verdict(self, name: str, other: str, movement: int) -> Verdict:
        """Whether one kind is more accurate than another at the so-manieth movement."""
        return judged(*self._compared(name, other, movement))

    def best_other(self, name: str, movement: int) -> str | None:
        """The most accurate of the other kinds at the so-manieth movement; None where none moves outputs so far."""
        others = np.where([one == name for one in self.names], np.nan, self.accuracies()[:, movement])
        return None if np.isnan(others).all() else self.names[int(np.nanargmax(others))]

    def _compared(self, name, other, movement):
        """The mean difference of two kinds, and what was drawn."""
        pair = [self.names.index(one) for one in (name, other)]
        gained = self.by_image[pair[0], movement] - self.by_image[pair[1], movement]
        mean, variance = of_paired_shares(gained)
        sets = [self.by_set[one, movement][~np.isnan(self.by_set[one, movement])] for one in pair]
        of_sets = sum(variance_of_mean(of) for of in sets)
        return mean, [Chance("images", len(gained), variance), Chance("filter sets", len(sets[0]), of_sets)]


def movement_curves(
    cut: ReplacedFilters,
    images: np.ndarray,
    test_images: np.ndarray,
    test_labels: np.ndarray,
    *,
    generated: FilterSets | None = None,
    movements: Sequence[float] = MOVEMENTS,
    sets: int = 20,
    moments: PatchMoments | None = None,
    seed: int = 0,
    progress: bool = False,
) -> MovementCurves:
    """Compares generated filters with noise of four shapes, and with filters that are shifted or turned.

    Args:
        cut: the classifier, cut at the layer.
        images: `(N, H, W, C)` in 0..255, of which the moments are taken, and on some of which ridges are chosen by the
            predictions that stay.
        test_images, test_labels: what accuracies are of.
        generated: more sets of filters.
        movements: at which sets are compared, above 0 and rising.
        sets: of each baseline; there are two of turned filters.
        moments: of the images, where they are known.
        seed: of what is drawn.
        progress: whether to show bars on stderr.
    """
    moments = patch_moments(cut, images, progress=progress) if moments is None else moments
    kinds = {} if generated is None else {GENERATED: [generated] * len(movements)}
    kinds |= drawn_baselines(cut, moments, images, movements, sets, seed)
    shape = len(kinds), len(movements)
    most = max(kind.count for at in kinds.values() for kind in at)
    by_set, by_image = np.full((*shape, most), np.nan), np.full((*shape, len(test_images)), np.nan)
    with progress_bar(f"filters of {cut.name}", len(kinds) * len(movements), progress) as advance:
        for row, at in enumerate(kinds.values()):
            for column, (kind, movement) in enumerate(zip(at, movements, strict=True)):
                kernels = at_movement(kind, moments, movement)
                if len(kernels):
                    right = right_of_sets(cut, kernels.astype("float32"), test_images, test_labels, False)
                    by_set[row, column, : len(right)], by_image[row, column] = right.mean(axis=1), right.mean(axis=0)
                advance(1)
    own = right_of_sets(cut, moments.kernel[None].astype("float32"), test_images, test_labels, False)
    return MovementCurves(cut.name, tuple(kinds), np.asarray(movements, "float64"), by_set, by_image, float(own.mean()))


def drawn_baselines(
    cut: ReplacedFilters, moments: PatchMoments, images: np.ndarray, movements: Sequence[float], sets: int, seed: int
) -> dict[str, list[FilterSets]]:
    """The baselines by name, for each movement, with the ridges that keep most predictions of some of the images."""
    few = np.asarray(images[np.unique(np.linspace(0, len(images) - 1, CHOSEN_ON).astype(int))], "float32")
    gradients = baselines.output_gradients(cut, few, seed)
    sloped = np.unique(np.linspace(0, len(few) - 1, max(1, SLOPES // moments.kernel.size)).astype(int))
    slopes = baselines.logit_slopes(cut, moments, few[sloped], seed)
    classes = predict_classes(cut.classifier, few)

    def best(draw: Any) -> list[FilterSets]:
        tried = [draw(ridge, np.random.default_rng([seed, 1]), CHOSEN_BY) for ridge in RIDGES]
        found = [at_movement(kind, moments, movement) for movement in movements for kind in tried]
        right = right_of_sets(cut, np.concatenate(found).astype("float32"), few, classes, False).mean(axis=1)
        of_each = np.split(right, np.cumsum([len(sets) for sets in found])[:-1])
        kept = np.reshape([of.mean() if len(of) else -1.0 for of in of_each], (len(movements), len(tried)))
        return [draw(RIDGES[place], np.random.default_rng([seed, 2]), sets) for place in kept.argmax(axis=1)]

    random = np.random.default_rng([seed, 3])
    alike = {
        "isotropic noise": baselines.isotropic(moments, sets, random),
        "shifted": baselines.shifted(moments, sets, random),
        "rotated": baselines.rotated(moments),
    }
    return {
        "whitened noise": best(lambda ridge, random, count: baselines.whitened(moments, count, random, ridge)),
        "Laplace": best(lambda ridge, random, count: baselines.laplace(moments, gradients, count, random, ridge)),
        "low Fisher": best(lambda ridge, random, count: baselines.low_fisher(moments, slopes, count, random, ridge)),
        **{name: [kind] * len(movements) for name, kind in alike.items()},
    }
