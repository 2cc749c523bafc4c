"""Metamers, and how alike they are at the layer, in pixels, and to networks."""

from dataclasses import dataclass

import numpy as np

from kinv.intervals import wilson_interval
from kinv.results import TableResult


@dataclass(frozen=True, repr=False)
class Metamers(TableResult):
    """The result of `metamers`, for `L` layers, `N` images, `M` metamers of each and `O` other images.

    Attributes:
        layers: names of the layers.
        originals: the images, float32 `(N, H, W, C)` in 0..255.
        images: their metamers, float32 `(L, N, M, H, W, C)` in 0..255; `M` is 2 for pairs, else 1.
        correlation: of the layer's outputs for the metamer and for the image, `(L, N, M)`; NaN if the outputs for one
            of them are all equal, or fewer than 10, of which a correlation says little.
        null: of the layer's outputs for other images and for the image, `(L, N, O)`.
        error: squared distance of the layer's outputs for the metamer and for the image, relative to the variance of
            the latter, `(L, N, M)`.
        null_error: the same of other images, `(L, N, O)`.
        pixel_correlation: of the pixels of metamer and image, `(L, N, M)`.
        pixel_difference: root mean squared difference of their pixels, in 0..255, `(L, N, M)`.
        converged: whether the layer's error fell to the tolerance, with the class kept if there is one, `(L, N, M)`.
        kept: whether the network says the same class of metamer and image, `(L, N, M)`; None if it has no classes.
        judge_kept: the same of another network, `(L, N, M)`, or None.
        pair_difference: root mean squared difference of the pixels of a pair, in 0..255, `(L, N, 2)`: of two searches
            from different starts, and after they were moved apart; None without pairs.
    """

    layers: tuple[str, ...]
    originals: np.ndarray
    images: np.ndarray
    correlation: np.ndarray
    null: np.ndarray
    error: np.ndarray
    null_error: np.ndarray
    pixel_correlation: np.ndarray
    pixel_difference: np.ndarray
    converged: np.ndarray
    kept: np.ndarray | None = None
    judge_kept: np.ndarray | None = None
    pair_difference: np.ndarray | None = None

    def _numbers(self):
        return {
            "mean_correlation": mean_of_known(self.correlation),
            "mean_error": self.error.mean(),
            "converged": self.converged.mean(),
        }

    def _columns(self):
        _, count, several = self.correlation.shape
        columns = {
            "layer": np.array(self.layers, object)[:, None, None],
            "image": np.arange(count)[:, None],
            "metamer": np.arange(several),
            "correlation": self.correlation,
            "other_images": _mean_of_others(self.null),
            "error": self.error,
            "other_images_error": _mean_of_others(self.null_error),
            "pixel_correlation": self.pixel_correlation,
            "pixel_difference": self.pixel_difference,
            "converged": self.converged,
        }
        optional = {"kept": self.kept, "judge_kept": self.judge_kept}
        if self.pair_difference is not None:
            optional["pair_difference"] = self.pair_difference[:, :, 1:]
        return columns | {name: values for name, values in optional.items() if values is not None}

    def summary(self) -> str:
        """A sentence for every layer."""
        return "\n".join(self._sentence(index) for index in range(len(self.layers)))

    def _sentence(self, index):
        known = np.isfinite(self.correlation[index]).any()
        name = "correlation" if known else "relative error"
        alike, null = (self.correlation, self.null) if known else (self.error, self.null_error)
        said = f"{self.layers[index]}: {name} {mean_of_known(alike[index]):.3f} at the layer"
        if self.null.shape[2]:
            said += f" (other images {mean_of_known(null[index]):.3f})"
        said += f", {mean_of_known(self.pixel_correlation[index]):.2f} of the pixels"
        for name, kept in (("own class kept", self.kept), ("another network's", self.judge_kept)):
            if kept is not None:
                low, high = wilson_interval(kept[index].sum(), kept[index].size)
                said += f"; {name} {kept[index].mean():.0%} ({low:.0%} to {high:.0%})"
        if self.pair_difference is not None:
            before, after = self.pair_difference[index].mean(axis=0)
            said += f"; pairs {after:.0f} of 255 apart ({before:.0f} before)"
        missing = int((~self.converged[index]).sum())
        return said + (f"; {missing} of {self.converged[index].size} did not converge." if missing else ".")


def mean_of_known(values: np.ndarray) -> float:
    """The mean of those that are no NaN; NaN if there are none."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _mean_of_others(values):
    """Means over other images `(L, N, O)`, `(L, N, 1)`; NaN if there are none."""
    return values.mean(axis=2, keepdims=True) if values.shape[2] else np.full((*values.shape[:2], 1), np.nan)
