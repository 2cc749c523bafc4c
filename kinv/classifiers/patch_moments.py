"""Moments of a convolution's input: how far its outputs move under other filters, without a pass of the network.

Outputs are linear in filters, so that these numbers are exact. Shapes: `G` groups of channels, one but for grouped and
depthwise convolutions; `D` weights of a filter (rows x columns x channels of a group); `F` filters; `S` sets of them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from kinv import backend
from kinv.progress_bar import progress_bar

from .predict import slices
from .replaced_filters import ReplacedFilters

VALUES = 8_000_000  # of patches at a time
LEAST_VARIETY = 1e-2  # of the root mean square of a filter's outputs: below, they are the same but for rounding
ALIVE = 1e-6  # of the largest standard deviation of a filter's outputs: those that vary less are dead


@dataclass(frozen=True)
class PatchMoments:
    """Second moments of the patches that filters see, over images and places.

    Attributes:
        second: mean of products of two of a patch's values, `(G, D, D)` float64.
        between: the same of what differs between images at the same place, `(G, D, D)`.
        kernel: the real filters, `(rows, columns, C / groups, F)` float64.
    """

    second: np.ndarray
    between: np.ndarray
    kernel: np.ndarray

    @property
    def groups(self) -> int:
        """`G`."""
        return len(self.second)

    def columns(self, kernels: np.ndarray) -> np.ndarray:
        """Sets of filters `(..., rows, columns, C / groups, F)` as vectors of every group, `(..., G, D, F / G)`."""
        *sets, rows, columns, channels, filters = kernels.shape
        vectors = np.reshape(kernels, (*sets, rows * columns * channels, self.groups, filters // self.groups))
        return np.moveaxis(vectors, -2, -3)

    def kernels(self, columns: np.ndarray) -> np.ndarray:
        """The inverse of `columns`."""
        return np.moveaxis(columns, -3, -2).reshape(*columns.shape[:-3], *self.kernel.shape)

    def deviation(self) -> np.ndarray:
        """Standard deviation of the real outputs between images at one place, `(F,)`: root mean square over places."""
        return np.sqrt(_form(self.columns(self.kernel), self.between)).ravel()

    def alive(self) -> np.ndarray:
        """Which filters' outputs vary, bool `(F,)`."""
        deviation = self.deviation()
        return deviation > ALIVE * deviation.max()

    def require_variety(self, layer: str) -> "PatchMoments":
        """Itself, where outputs differ between images: else there is no unit for their movement.

        Raises:
            ValueError: if no filter's outputs do.
        """
        size = np.sqrt(_form(self.columns(self.kernel), self.second)).ravel()
        if not (self.deviation() > LEAST_VARIETY * size).any():
            raise ValueError(
                f"images must differ at the layer {layer!r}, as movement is measured by how much, received ones with "
                "which its outputs are all alike: pass more varied images"
            )
        return self

    def movements(self, kernels: np.ndarray) -> np.ndarray:
        """How far the outputs of one image move under other filters, `(S,)`, of their deviation between images.

        Root mean square over images and places, divided by `deviation`; the mean of all filters that are not dead.

        Args:
            kernels: `(S, rows, columns, C / groups, F)`.
        """
        moved = np.sqrt(_form(self.columns(kernels - self.kernel), self.second)).reshape(len(kernels), -1)
        deviation, alive = self.deviation(), self.alive()
        return np.mean(moved[:, alive] / deviation[alive], axis=1)


def _form(columns, matrix):
    """The quadratic form of every column: `(..., G, D, F / G)` to `(..., G, F / G)`."""
    return np.maximum(np.einsum("...gdf,gde,...gef->...gf", columns, matrix, columns, optimize=True), 0)


def patch_moments(
    cut: ReplacedFilters, images: np.ndarray, batch_size: int | None = None, progress: bool = False
) -> PatchMoments:
    """The moments of what a convolution's filters see in images.

    Args:
        cut: the classifier, cut at the convolution.
        images: `(N, H, W, C)` in 0..255, at least two.
        batch_size: images at a time; default: by the size of the layer.
        progress: whether to show a bar on stderr.
    """
    kernel = ops.convert_to_numpy(cut.kernel()).astype("float64")
    rows, columns, channels, _ = kernel.shape
    groups, size = cut.convolution.groups, rows * columns * channels
    below = backend.compile_model(cut.parts.below)

    def of_batch(entering: Any) -> tuple[Any, Any]:
        patches = cut.convolution.patches(entering, rows, columns)
        count, height, width, _ = patches.shape
        patches = ops.reshape(patches, (count, height * width, rows * columns, groups, channels))
        patches = ops.reshape(ops.transpose(patches, (3, 0, 1, 2, 4)), (groups, count, height * width, size))
        flat = ops.reshape(patches, (groups, count * height * width, size))
        return ops.matmul(ops.transpose(flat, (0, 2, 1)), flat), ops.sum(patches, axis=1)

    height, width, _ = cut.shapes()["output"]
    at_a_time = batch_size or max(1, VALUES // (height * width * size * groups))
    second, sums = np.zeros((groups, size, size)), np.zeros((groups, height * width, size))
    with progress_bar(f"looking at what {cut.name} sees", len(images), progress) as advance:
        for at in slices(len(images), at_a_time):
            entering, _ = cut.parts.separate(below(images[at]))
            products, sum_of = of_batch(ops.cast(entering, "float32"))
            second += ops.convert_to_numpy(products).astype("float64")
            sums += ops.convert_to_numpy(sum_of).astype("float64")
            advance(at.stop - at.start)
    places = height * width
    second, means = second / (len(images) * places), sums / len(images)
    between = second - np.matmul(means.transpose(0, 2, 1), means) / places
    return PatchMoments(second, between, kernel)
