"""Other filters for a layer that take no training: noise of four shapes, and the real filters shifted or turned.

Each baseline draws sets of filters that grow with a size, so that all can be compared where they move a layer's outputs
alike (`at_movement`). Shapes as in `patch_moments`: `S` sets, `G` groups, `D` weights of a filter, `F` filters.
"""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from keras import ops
from scipy import ndimage

from kinv import backend
from kinv.classifiers.patch_moments import PatchMoments
from kinv.classifiers.predict import slices
from kinv.classifiers.replaced_filters import ReplacedFilters

RIDGE = 1e-2  # of the largest eigenvalue: what whitened noise adds to all
HALVINGS, CLOSE = 30, 1e-2  # of the search for a movement, and how near it has to come: images differ
PIXELS, DEGREES = 2.0, 180.0  # the farthest that filters are shifted and turned
BATCH = 100  # images, for the second moment of gradients


class FilterSets(Protocol):
    """So many sets of filters, which grow with a size.

    Attributes:
        count: `S`.
        largest: the largest size.
    """

    count: int
    largest: float

    def kernels(self, sizes: np.ndarray) -> np.ndarray:
        """Sets of filters of sizes `(S,)`, `(S, rows, columns, C / groups, F)`; the real ones where that is 0."""
        ...


class Added:
    """The real filters plus a size times what was drawn, `(S, rows, columns, C / groups, F)`."""

    def __init__(self, moments: PatchMoments, drawn: np.ndarray, largest: float = 1e6):
        self.kernel, self.drawn, self.count, self.largest = moments.kernel, drawn, len(drawn), largest

    def kernels(self, sizes: np.ndarray) -> np.ndarray:
        """See `FilterSets`."""
        return self.kernel + sizes[:, None, None, None, None] * self.drawn


class Moved:
    """The real filters, moved by a function of a size and of a number in -1..1 that is drawn for each set."""

    def __init__(
        self, moments: PatchMoments, drawn: np.ndarray, move: Callable[[np.ndarray, float, float], np.ndarray],
        largest: float,
    ):  # fmt: skip
        self.kernel, self.drawn, self.count, self.largest = moments.kernel, drawn, len(drawn), largest
        self.move = move

    def kernels(self, sizes: np.ndarray) -> np.ndarray:
        """See `FilterSets`."""
        return np.stack([self.move(self.kernel, size, of) for size, of in zip(sizes, self.drawn, strict=True)])


def isotropic(moments: PatchMoments, count: int, random: np.random.Generator) -> Added:
    """Gaussian noise, of each filter's own standard deviation of weights at size 1."""
    deviation = moments.kernel.std(axis=(0, 1, 2))
    return Added(moments, deviation * random.normal(size=(count, *moments.kernel.shape)))


def whitened(moments: PatchMoments, count: int, random: np.random.Generator, ridge: float = RIDGE) -> Added:
    """Gaussian noise times the inverse root of the second moment of patches: most where the layer sees least.

    Args:
        ridge: what is added to the second moment, of its largest eigenvalue.
    """
    drawn = random.normal(size=(count, *moments.columns(moments.kernel).shape))
    drawn = _rooted(moments.second, ridge) @ drawn
    return Added(moments, moments.kernels(drawn) * moments.deviation())


def laplace(
    moments: PatchMoments, gradients: np.ndarray, count: int, random: np.random.Generator, ridge: float = RIDGE
) -> Added:
    """Noise from the layer's Kronecker-factored Laplace approximation (Ritter et al. 2018).

    Its covariance is the inverse of the second moment of patches, times that of `output_gradients`, whose ridge is the
    same share of its largest eigenvalue.
    """
    drawn = random.normal(size=(count, *moments.columns(moments.kernel).shape))
    drawn = _rooted(moments.second, ridge) @ drawn @ _rooted(_of_groups(gradients, moments.groups), ridge)
    return Added(moments, moments.kernels(drawn))


def low_fisher(
    moments: PatchMoments, slopes: np.ndarray, count: int, random: np.random.Generator, ridge: float = RIDGE
) -> Added:
    """Whitened noise, less what moves logits: most along the low eigenvectors of their Fisher information.

    Its precision, where whitened noise is white, is a ridge plus the second moment of the logits' slopes over the
    largest eigenvalue of this.

    Args:
        slopes: of `logit_slopes`.
        ridge: of what moves logits; what whitened noise adds is `RIDGE`.
    """
    drawn = random.normal(size=(count, slopes[0].size))
    root = _rooted(moments.second, RIDGE)
    deviation = moments.columns(np.broadcast_to(moments.deviation(), moments.kernel.shape))
    flat = ((root @ slopes) * deviation).reshape(len(slopes), -1)
    _, values, vectors = np.linalg.svd(flat, full_matrices=False)
    share = np.square(values / max(values[0], np.finfo("float64").tiny))
    drawn += ((drawn @ vectors.T) * (np.sqrt(ridge / (share + ridge)) - 1)) @ vectors
    return Added(moments, moments.kernels(root @ drawn.reshape(count, *slopes.shape[1:])) * moments.deviation())


def shifted(moments: PatchMoments, count: int, random: np.random.Generator) -> Moved:
    """The real filters, shifted by so many pixels in a direction of their own, with linear interpolation."""

    def shift(kernel: np.ndarray, size: float, angle: float) -> np.ndarray:
        by = size * np.sin(np.pi * angle), size * np.cos(np.pi * angle), 0, 0
        return ndimage.shift(kernel, by, order=1, mode="grid-constant")

    return Moved(moments, random.uniform(-1, 1, count), shift, PIXELS)


def rotated(moments: PatchMoments) -> Moved:
    """The real filters, turned by so many degrees, with linear interpolation: two sets, one to either side."""

    def turn(kernel: np.ndarray, size: float, side: float) -> np.ndarray:
        return ndimage.rotate(kernel, side * size, reshape=False, order=1, mode="grid-constant")

    return Moved(moments, np.array([-1.0, 1.0]), turn, DEGREES)


def at_movement(sets: FilterSets, moments: PatchMoments, movement: float) -> np.ndarray:
    """The sets that move outputs so far, each at its own size, `(at most S, rows, columns, C / groups, F)`.

    Sets that do not reach it are left out.
    """
    low, high = np.zeros(sets.count), np.full(sets.count, sets.largest)
    reached = moments.movements(sets.kernels(high)) >= (1 - CLOSE) * movement
    if isinstance(sets, Added):
        low = high = movement / np.maximum(moments.movements(sets.kernels(np.ones(sets.count))), 1e-12)
        reached = high <= sets.largest
    else:
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            far = moments.movements(sets.kernels(middle)) >= movement
            low, high = np.where(far, low, middle), np.where(far, middle, high)
    found = sets.kernels(high)
    near = np.abs(moments.movements(found) - movement) <= CLOSE * movement
    return found[reached & near]


def output_gradients(cut: ReplacedFilters, images: np.ndarray, seed: int = 0) -> np.ndarray:
    """The second moment of the gradients of a label's log-probability with the outputs, `(F, F)` float64.

    The label is drawn from the network's own predictions, as for the Fisher information. Sums are over places.
    """
    random, total = np.random.default_rng(seed), np.zeros([cut.shapes()["output"][-1]] * 2)
    below = backend.compile_model(cut.parts.below)
    for at in slices(len(images), BATCH):
        entering, past = cut.parts.separate(below(images[at]))
        outputs = cut.convolve(entering, cut.kernel())
        chances = ops.convert_to_numpy(ops.softmax(cut.leave(outputs, past))).astype("float64")
        labels = chances.cumsum(axis=1) / chances.sum(axis=1, keepdims=True) > random.uniform(size=(len(chances), 1))
        labels = labels.argmax(axis=1)

        def chosen(outputs: Any, past: Any = past, labels: np.ndarray = labels) -> Any:
            logits = ops.log_softmax(cut.leave(outputs, past))
            return ops.sum(logits * ops.one_hot(labels, logits.shape[-1]), axis=-1)

        _, (slopes,) = backend.value_and_grad(chosen)(outputs)
        flat = ops.convert_to_numpy(slopes).astype("float64").reshape(-1, slopes.shape[-1])
        total += flat.T @ flat
    return total / len(images)


def logit_slopes(cut: ReplacedFilters, moments: PatchMoments, images: np.ndarray, seed: int = 0) -> np.ndarray:
    """For each image, the gradient with the filters of a random mixture of logits, `(N, G, D, F / G)`.

    Mixtures are normal with mean 0 over classes, so that the second moment is that of all logits, but for their mean.
    """
    random, found = np.random.default_rng(seed), []
    below, kernel = backend.compile_model(cut.parts.below), np.asarray(moments.kernel, "float32")
    for at in slices(len(images), BATCH):
        entering, past = cut.parts.separate(below(images[at]))
        mixture = random.normal(size=(len(images[at]), cut.classifier.output_shape[-1])).astype("float32")
        mixture = ops.convert_to_tensor(mixture - mixture.mean(axis=1, keepdims=True))

        def mixed(kernels: Any, entering: Any = entering, past: Any = past, mixture: Any = mixture) -> Any:
            return ops.sum(cut.leave(cut.convolve(entering, kernels), past) * mixture, axis=-1)

        _, (slopes,) = backend.value_and_grad(mixed)(ops.convert_to_tensor(np.stack([kernel] * len(images[at]))))
        found.append(moments.columns(ops.convert_to_numpy(slopes).astype("float64")))
    return np.concatenate(found)


def _of_groups(matrix, groups):
    """The blocks of a matrix over all filters that belong to the groups, `(G, F / G, F / G)`."""
    size = len(matrix) // groups
    return np.stack([matrix[at : at + size, at : at + size] for at in range(0, len(matrix), size)])


def _rooted(matrices, ridge):
    """The inverse roots of matrices `(G, N, N)` to which a share of their largest eigenvalue is added."""
    values, vectors = np.linalg.eigh(matrices)
    values = np.maximum(values, 0) + ridge * values[:, -1:].clip(np.finfo("float64").tiny)
    return (vectors / np.sqrt(values)[:, None, :]) @ vectors.transpose(0, 2, 1)
