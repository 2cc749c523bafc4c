"""Counterparts of images: how much of what generated filters do can be seen in images."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.classifiers.predict import predict_classes, slices
from kinv.results import TableResult

CHUNK = 100  # images


@dataclass(frozen=True, repr=False)
class CounterpartQuality(TableResult):
    """Results of `counterpart_quality` on `N` images with a code each.

    Attributes:
        images: float32 `(N, H, W, C)` in 0..255.
        counterparts: the same shape.
        said: the network's predictions of the images, `(N,)`,
        then: and of the counterparts.
        parts: for each group of changes (`Counterparts.groups`), the mean squared change of pixels that it makes alone,
            over the sum of all groups.
        mismatch: squared distance of the counterparts' outputs from those of the generated filters, over how far these
            moved outputs, both in units of the outputs' deviations between images. At 0, counterparts are all that the
            filters do; at 1 they say no more of it than the images themselves.
    """

    images: np.ndarray
    counterparts: np.ndarray
    said: np.ndarray
    then: np.ndarray
    parts: dict[str, float]
    mismatch: float

    @property
    def change(self) -> np.ndarray:
        """Mean absolute difference of each counterpart from its image, of 255, `(N,)`."""
        return np.abs(self.counterparts - self.images).mean(axis=(1, 2, 3))

    def agreement(self, network: keras.Model) -> float:
        """The share of counterparts of which another network says the same as of their images, 0..1."""
        first, second = (predict_classes(network, images) for images in (self.images, self.counterparts))
        return float(np.mean(first == second))

    def metrics(self) -> dict[str, float]:
        """The numbers of the results table, by name."""
        return {
            "counterpart_mismatch": self.mismatch,
            "counterpart_change": float(self.change.mean()),
            "counterpart_unchanged": float(np.mean(self.said == self.then)),
        }

    def _numbers(self):
        return self.metrics()

    def _columns(self):
        return {"image": np.arange(len(self.images)), "change": self.change, "kept": self.said == self.then}


def counterpart_quality(gan: Any, images: np.ndarray, codes: np.ndarray) -> CounterpartQuality:
    """Compares counterparts with what they are of.

    Args:
        gan: a trained `FilterGAN` with a `movement` and its classifier.
        images: `(N, H, W, C)` in 0..255.
        codes: `(N, latent_dim)`.
    """
    cut, images = gan.cut.require("counterpart_quality"), np.asarray(images, "float32")
    weight, seen, missed, moved = _weight(gan), [], 0.0, 0.0
    groups = gan.counterparts.groups()
    parts = dict.fromkeys(groups, 0.0)
    for at in slices(len(images), CHUNK):
        seen.append(ops.convert_to_numpy(gan.counterpart(images[at], codes[at])))
        generated = ops.convert_to_numpy(gan.activations(images[at], codes[at]))
        answered, own = (
            ops.convert_to_numpy(cut.convolve(cut.enter(ops.convert_to_tensor(of))[0], cut.kernel()))
            for of in (seen[-1], images[at])
        )
        for group, names in groups.items():
            alone = ops.convert_to_numpy(gan.counterparts(images[at], codes[at], only=names))
            parts[group] += float(np.square(alone - images[at]).sum(dtype="float64"))
        missed += float(np.square((answered - generated) * weight).sum(dtype="float64"))
        moved += float(np.square((own - generated) * weight).sum(dtype="float64"))
    counterparts = np.concatenate(seen)
    said, then = (predict_classes(cut.classifier, of) for of in (images, counterparts))
    total = max(sum(parts.values()), 1e-12)
    shares = {group: part / total for group, part in parts.items()}
    return CounterpartQuality(images, counterparts, said, then, shares, missed / moved)


def _weight(gan):
    """One over the deviations of the layer's outputs, `(F,)`; 0 for dead filters."""
    deviation = ops.convert_to_numpy(gan.generator.deviation).ravel()
    return np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 0)
