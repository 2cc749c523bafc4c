"""What the paper's Invariant Transformer Net maximises: the distance from the identity, behind a gate.

An objective has its generators, the names of its metrics, and how gradients come from a batch. Shapes: `B` batch.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from kinv.ops.affine import mean_squared_shift
from kinv.ops.weighted_mean import weighted_mean

from .batch import SMALLEST_NORM, Batch, distances, weighed
from .matrix_generator import MatrixGenerator
from .smoothed_gradient import smoothed_gradient


class Distance:
    """The paper's objective: away from the identity while accuracy is above a gate, else down the classifier's loss.

    Args:
        hidden_units, probes, smoothing, gain: as in `InvariantTransformer`; `gain` is its `color_weight`.
    """

    metrics = (
        "classifier_loss",
        "transformation_loss",
        "accuracy",
        "own_accuracy",
        "color_distance",
        "space_distance",
        "expanding",
    )

    def __init__(self, hidden_units: Sequence[int], probes: int, smoothing: float, gain: float):
        self.hidden_units, self.probes, self.smoothing, self.gain = hidden_units, probes, smoothing, gain

    def generators(self, channels: int, seed: int) -> tuple[MatrixGenerator, MatrixGenerator]:
        """Of colour and of space."""
        return (
            MatrixGenerator(channels, channels + 1, self.hidden_units, seed, self.gain, name="color_generator"),
            MatrixGenerator(2, 3, self.hidden_units, seed + 1000, name="space_generator"),
        )

    def train(self, model: Any, batch: Batch) -> tuple[Any, tuple[Any, ...]]:
        """One step; returns the logits of the transformed images, and the metrics' values."""
        with tf.GradientTape(persistent=True) as tape:
            color, space, transformation_loss = self._propose(model, batch)
            losses, logits = model.classify(batch.images, batch.labels, color, space)
            classifier_loss = weighted_mean(losses, batch.weights)
        for_color, for_space = model.color_generator.trainable_variables, model.space_generator.trainable_variables
        directions = keras.random.normal(ops.shape(space), seed=model.seed_generator)

        def expand():
            return (
                *_scaled(tape.gradient(transformation_loss, for_color)),
                *_scaled(tape.gradient(transformation_loss, for_space)),
            )

        def hold():
            if self.smoothing:
                smoothed = smoothed_gradient(
                    lambda moved: model.classify(batch.images, batch.labels, color, moved)[0],
                    space,
                    directions,
                    self.smoothing,
                )
                in_space = tape.gradient(space, for_space, output_gradients=weighed(smoothed, batch.weights))
            else:
                in_space = tape.gradient(classifier_loss, for_space)
            return (*_scaled(tape.gradient(classifier_loss, for_color)), *_scaled(in_space))

        # section III-D, L_final: one of the two losses, never their sum
        expanding = self._expands(model, batch, logits)
        gradients = tf.cond(expanding, expand, hold)
        model.descend(model.optimizer, gradients, (*for_color, *for_space))
        return logits, self._values(batch, color, space, classifier_loss, transformation_loss, logits, expanding)

    def test(self, model: Any, batch: Batch) -> tuple[Any, tuple[Any, ...]]:
        """As `train`, without a step."""
        color, space, transformation_loss = self._propose(model, batch)
        losses, logits = model.classify(batch.images, batch.labels, color, space)
        loss, expanding = weighted_mean(losses, batch.weights), self._expands(model, batch, logits)
        return logits, self._values(batch, color, space, loss, transformation_loss, logits, expanding)

    def complaint(self, history: dict[str, list], threshold: float) -> str | None:
        """A warning for a family that stayed at the identity, else None."""
        if any(history["expanding"]):
            return None
        return (
            "the transformer never explored: in no step was enough of the network's accuracy left, so the family "
            f"stays near the identity (accuracy {history['accuracy'][-1]:.2f} of transformed images, "
            f"{history['own_accuracy'][-1]:.2f} of the originals). Lower accuracy_threshold, which is "
            f"{threshold}, or use larger batches."
        )

    def transformation_loss(self, matrices: Any, k: Any, weights: Any, seed: Any) -> Any:
        """`L_k`: minus the mean squared shift of random unit vectors, weighted by `k_1 + k_2` (section III-D)."""
        vectors = keras.random.normal((self.probes, matrices.shape[-1]), seed=seed)
        vectors = vectors / ops.norm(vectors, axis=-1, keepdims=True)
        return -weighted_mean(ops.sum(k, axis=-1) * mean_squared_shift(matrices, vectors), weights)

    def _propose(self, model, batch):
        """Matrices for random `k`, and their transformation loss."""
        ks = model.draw(ops.shape(batch.images)[0])
        color, space = model.matrices(*ks)
        of_color, of_space = (
            self.transformation_loss(matrices, k, batch.weights, model.seed_generator)
            for matrices, k in zip((color, space), ks, strict=True)
        )
        return color, space, of_color + of_space

    def _expands(self, model, batch, logits):
        """Whether a batch leaves room: enough of the network's own accuracy on it is left, and there was any."""
        enough = batch.accuracy(logits) >= model.accuracy_threshold * batch.own
        return ops.logical_and(enough, batch.own > 0) if model.accuracy_threshold else enough

    def _values(self, batch, color, space, classifier_loss, transformation_loss, logits, expanding):
        right, expanding = batch.accuracy(logits), ops.cast(expanding, "float32")
        return classifier_loss, transformation_loss, right, batch.own, *distances(batch, color, space), expanding


def _scaled(gradients):
    """The gradients of a generator, normalized to global norm 1."""
    norm = tf.linalg.global_norm(gradients) + SMALLEST_NORM
    return [gradient / norm for gradient in gradients]
