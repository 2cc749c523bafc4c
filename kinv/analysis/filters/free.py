"""Filters that may differ without consequence: the directions in which a layer sees nothing."""

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from kinv.classifiers.filter_sets import right_of_sets
from kinv.classifiers.patch_moments import PatchMoments, patch_moments
from kinv.classifiers.predict import predict_classes
from kinv.classifiers.replaced_filters import ReplacedFilters
from kinv.data.image_stream import ImageStream
from kinv.halves import halves
from kinv.intervals import Chance, of_paired_shares, variance_of_mean
from kinv.results import Result
from kinv.verdicts import judged

SHARE = 0.01  # of the variance of outputs


@dataclass(frozen=True, repr=False)
class FreeFilters(Result):
    """The filters of a layer that answer as the real ones do, see `free_filters`.

    Attributes:
        layer: its name.
        weights: how many weights a filter has.
        directions: the mixtures of these of which the layer sees so little that they are free, orthonormal: for each of
            `G` groups of channels, `(weights, so many)`.
        share: of the outputs' variance between images, that noise in the free directions may move them by.
        moved: root of the share by which it moves them on the held-out images, in standard deviations; directions were
            counted by these images, so that it is hardly above the root of `share`.
        unchanged: predictions that stay on the held-out images with such noise, for each of the sets that were drawn,
            `(S,)` in 0..1.
        control: the same with noise as large in all directions.
        gained: for each held-out image, the first less the second, `(N,)` in -1..1.
        classes: how many classes the network gives to the held-out images.
        moments: of what the layer sees, from the other images.
    """

    layer: str
    weights: int
    directions: tuple[np.ndarray, ...] = field(repr=False)
    share: float
    moved: float
    unchanged: np.ndarray
    control: np.ndarray
    gained: np.ndarray
    classes: int
    moments: PatchMoments = field(repr=False)

    def _numbers(self):
        return {"free": float(self.free.mean()), "unchanged": float(self.unchanged.mean())}

    @property
    def free(self) -> np.ndarray:
        """How many mixtures are free, for each group of channels, `(G,)`."""
        return np.array([directions.shape[1] for directions in self.directions])

    def filters(self, count: int, seed: int = 0, size: float = 1.0) -> np.ndarray:
        """Sets of filters that answer as the real ones do, `(count, rows, columns, C / groups, F)` float32.

        The real ones plus noise in the free directions.

        Args:
            count: how many sets.
            seed: of the noise.
            size: of the noise, in standard deviations of each filter's weights.
        """
        if count < 1 or not size >= 0:
            raise ValueError(f"count must be at least 1 and size at least 0, received {count} and {size}")
        noise = _in_directions(self.moments, self.directions, count, seed)
        return (self.moments.kernel + size * noise).astype("float32")

    def summary(self) -> str:
        """In sentences: how many directions are free, and what noise in them does, beside noise in all."""
        count = "none" if not self.free.any() else f"{self.free[0]}"
        if len(self.free) > 1 and self.free.any():
            count = f"{self.free.mean():.1f} in the mean over groups"
        first = f"{self.layer}: of {self.weights} mixtures of a filter's weights, free are: {count}."
        if not self.free.any():
            return first
        notice = ["The network gives all these images one class: that predictions stay says nothing."]
        mean, variance = of_paired_shares(self.gained)
        of_sets = Chance("sets", len(self.unchanged), variance_of_mean(self.unchanged) + variance_of_mean(self.control))
        verdict = judged(mean, [Chance("images", len(self.gained), variance), of_sets])
        return "\n".join(
            [
                first,
                f"Filters that differ in these by as much as real weights do move outputs by {self.moved:.2f} of their "
                f"standard deviation between images, and keep {self.unchanged.mean():.1%} of the predictions.",
                f"Noise as large in all directions keeps {self.control.mean():.1%}: "
                f"{verdict.words('free filters', 'others')}.",
                *(notice if self.classes < 2 else []),
            ]
        )


def free_filters(
    model: keras.Model,
    layer: str,
    images: Any,
    *,
    share: float = SHARE,
    limit: int = 400,
    sets: int = 8,
    seed: int = 0,
    progress: bool = False,
) -> FreeFilters:
    """Finds how far a convolution's filters may differ without consequence, in seconds and without training.

    Outputs are linear in filters. So what the layer's inputs hardly vary in says nothing about filters: the lowest
    eigenvectors of the second moment of their patches. As many of them are called free as noise of a filter's own
    weights may be put into, until it moves outputs by a share of their variance; on the other half of the images, so
    that few images don't make directions look unseen.

    Args:
        model: images `(B, H, W, C)` in 0..255 to logits.
        layer: name of a `Conv2D` or `DepthwiseConv2D`.
        images: at least four, as in `kinv.screen`. On half of them directions are found, on the others
            counted and measured.
        share: of the variance of outputs between images at the same place, averaged over filters; above 0.
        limit: at most so many images, evenly spread.
        sets: how many sets of filters are measured.
        seed: of halves and noise.
        progress: whether to show bars on stderr.

    Raises:
        ValueError: a layer, images or settings that can't be used.

    Examples:
        >>> from kinv import classifiers, data
        >>> images, _ = data.load("mnist", "test", limit=60)
        >>> found = free_filters(classifiers.load("digit_cnn"), "conv4", images, sets=2)
        >>> found.filters(3).shape
        (3, 3, 3, 32, 32)
    """
    if not share > 0 or limit < 4 or sets < 1:
        raise ValueError(
            f"share must be above 0, limit at least 4 and sets at least 1, received {share}, {limit} and {sets}"
        )
    cut = ReplacedFilters(model, layer)
    stream = ImageStream(model, images)
    pixels, _ = stream.sample(limit if stream.count is None else min(limit, stream.count))
    if len(pixels) < 4:
        raise ValueError(f"images must be at least four, so that half can be held out, received {len(pixels)}")
    half, rest = halves(len(pixels), seed)
    moments, held_out = (patch_moments(cut, pixels[rows], progress=progress) for rows in (half, rest))
    directions = _free(moments, held_out, share)
    noise, control = _in_directions(moments, directions, sets, seed + 1), _noise(moments, sets, seed + 2)
    weights, free = moments.second.shape[-1], np.mean([of.shape[1] for of in directions])
    control *= np.sqrt(free / weights)  # as large: of all directions, only some are free
    classes = predict_classes(model, pixels[rest])
    kept = [
        right_of_sets(cut, (moments.kernel + of).astype("float32"), pixels[rest], classes, progress)
        for of in (noise, control)
    ]
    return FreeFilters(
        layer,
        weights,
        directions,
        share,
        float(held_out.movements(moments.kernel + noise).mean()),
        kept[0].mean(axis=1),
        kept[1].mean(axis=1),
        kept[0].mean(axis=0) - kept[1].mean(axis=0),
        len(np.unique(classes)),
        moments=moments,
    )


def _free(moments, held_out, share):
    """The free directions of every group: found by the first moments, and counted by what the second say of them."""
    deviation, alive = held_out.deviation(), held_out.alive()
    ratios = np.square(moments.kernel.std(axis=(0, 1, 2))[alive] / deviation[alive])
    groups = np.arange(len(alive))[alive] // (len(alive) // moments.groups)
    ratio = np.bincount(groups, ratios, moments.groups) / np.maximum(np.bincount(groups, minlength=moments.groups), 1)
    vectors = np.linalg.eigh(moments.second)[1]
    values = np.einsum("gdv,gde,gev->gv", vectors, held_out.second, vectors, optimize=True)
    moved = ratio[:, None] * np.maximum(values, 0).cumsum(axis=1)  # of the variance; none where all filters are dead
    counts = (moved <= share).sum(axis=1)
    return tuple(of[:, :count] for of, count in zip(vectors, counts, strict=True))


def _noise(moments, count, seed):
    """Noise of every filter's own standard deviation of weights, `(count, rows, columns, C / groups, F)`."""
    drawn = np.random.default_rng(seed).normal(size=(count, *moments.kernel.shape))
    return drawn * moments.kernel.std(axis=(0, 1, 2))


def _in_directions(moments, directions, count, seed):
    """The same, of which only what is along the directions is left."""
    columns = moments.columns(_noise(moments, count, seed))
    kept = [of @ (of.T @ columns[:, group]) for group, of in enumerate(directions)]
    return moments.kernels(np.stack(kept, axis=1))
