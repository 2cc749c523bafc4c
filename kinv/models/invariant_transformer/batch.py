"""A batch as an Invariant Transformer Net's objectives see it, and what both of them do with it. Shapes: `B` batch."""

from typing import Any, NamedTuple

from keras import ops

from kinv.ops.affine import distance_from_identity
from kinv.ops.weighted_mean import weighted_mean

SMALLEST_NORM = 1e-12  # a gradient below it counts as zero


class Batch(NamedTuple):
    """Images `(B, H, W, C)`, int32 labels `(B,)`, weights or None, and the logits of the originals."""

    images: Any
    labels: Any
    weights: Any
    original_logits: Any

    @property
    def own(self) -> Any:
        """The network's accuracy on the originals."""
        return self.accuracy(self.original_logits)

    def accuracy(self, logits: Any) -> Any:
        """The share of the labels that logits `(B, classes)` get right."""
        right = ops.equal(ops.cast(ops.argmax(logits, axis=-1), "int32"), self.labels)
        return weighted_mean(ops.cast(right, "float32"), self.weights)


def distances(batch: Batch, color: Any, space: Any) -> tuple[Any, Any]:
    """Mean distances from the identity."""
    color, space = (weighted_mean(distance_from_identity(matrices), batch.weights) for matrices in (color, space))
    return color, space


def weighed(gradients: Any, weights: Any) -> Any:
    """The part of every element of the batch in the gradient of the weighted mean."""
    count = ops.cast(ops.shape(gradients)[0], gradients.dtype)
    if weights is None:
        return gradients / count
    weights = ops.cast(weights, gradients.dtype)
    shape = (-1, *(1 for _ in gradients.shape[1:]))
    return gradients * ops.reshape(weights, shape) / ops.maximum(ops.sum(weights), SMALLEST_NORM)
