"""What an Invariant Transformer Net maximises: the paper's distance behind a gate, or volume at a set share.

An objective has its generators, the names of its metrics, and how gradients come from a batch. Shapes: `B` batch, `G`
generators of the Lie algebra.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf
from keras import ops

from kinv.ops.affine import distance_from_identity, mean_squared_shift
from kinv.ops.weighted_mean import weighted_mean

from .lie_generator import LieGenerator
from .matrix_generator import MatrixGenerator
from .smoothed_gradient import smoothed_gradient

SMALLEST_NORM = 1e-12  # a gradient below it counts as zero
MULTIPLIER = 15.0  # at the start, for each generator: about what SqueezeNet's is at the end
LEAST_MULTIPLIER, LARGEST_MULTIPLIER = 1e-2, 1e3  # for each generator
RATE = 0.2  # of the multiplier's logarithm, for each step and unit of accuracy that is missing
DAMPING = 4.0  # of the multiplier's logarithm at once, for each unit that is missing in the batch
SPACE_RATE = 0.3  # of space, whose gradient is four times as noisy
MIXED = 0.2  # rate of what mixes two directions: there are many such, and the noise of all costs volume
OFF = 0.05  # a share that is missed by more is said to be missed


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
                in_space = tape.gradient(space, for_space, output_gradients=_weighed(smoothed, batch.weights))
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
        return classifier_loss, transformation_loss, right, batch.own, *_distances(batch, color, space), expanding


class Volume:
    """The largest family at a set share of unchanged predictions: a Lagrangian.

    It maximises the log-volumes of space and of colour in the Lie algebra plus a multiplier times a smooth share of
    right predictions: the mean sigmoid of margins, the logit of a label minus the largest other. The multiplier grows
    while accuracy is below the share that is asked for, and shrinks while it is above. For each batch it is larger or
    smaller at once, by what is missing there, so that the size of the family does not swing.

    Args:
        smoothing: standard deviation of the normal distribution over `2 k - 1` of space along which losses are
            compared, see `smoothed_gradient`; above 0.
    """

    metrics = (
        "classifier_loss",
        "accuracy",
        "own_accuracy",
        "color_distance",
        "space_distance",
        "color_volume",
        "space_volume",
        "multiplier",
    )

    def __init__(self, smoothing: float):
        self.smoothing = smoothing

    def generators(self, channels: int, seed: int) -> tuple[LieGenerator, LieGenerator]:
        """Of colour and of space."""
        return LieGenerator(channels, name="color_generator"), LieGenerator(2, name="space_generator")

    def train(self, model: Any, batch: Batch) -> tuple[Any, tuple[Any, ...]]:
        """One step; returns the logits of the transformed images, and the metrics' values."""
        k_color, k_space = model.draw(ops.shape(batch.images)[0])
        space = model.space_generator(k_space)
        with tf.GradientTape() as tape:
            tape.watch(k_color)
            color = model.color_generator(k_color)
            losses, logits = model.classify(batch.images, batch.labels, color, space)
            share = weighted_mean(smoothly_right(logits, batch), batch.weights)
        along_color = tape.gradient(share, k_color)

        def kept(k):
            logits = model.classify(batch.images, batch.labels, color, model.space_generator(k))[1]
            return smoothly_right(logits, batch)

        directions = keras.random.normal(ops.shape(k_space), seed=model.seed_generator)
        smoothed = smoothed_gradient(kept, k_space, directions, self.smoothing / 2)  # half: k is in 0..1, not in -1..1
        slopes = along_color, _weighed(smoothed, batch.weights)

        missing = model.accuracy_threshold * batch.own - batch.accuracy(logits)
        multiplier = model.multiplier * ops.exp(DAMPING * missing)
        counting = 1.0 if batch.weights is None else ops.cast(ops.sum(batch.weights) > 0, "float32")
        gradients = [
            -counting * rate * _growth(multiplier, slope, k)
            for rate, slope, k in zip((1.0, SPACE_RATE), slopes, (k_color, k_space), strict=True)
        ]
        generators = model.color_generator, model.space_generator
        model.descend(model.optimizer, gradients, [generator.step for generator in generators])
        for generator in generators:
            generator.take_step()
        limits = (limit * sum(model.controls) for limit in (LEAST_MULTIPLIER, LARGEST_MULTIPLIER))
        model.multiplier.assign(ops.clip(model.multiplier * ops.exp(RATE * missing), *limits))
        return logits, self._values(model, batch, color, space, weighted_mean(losses, batch.weights), logits)

    def test(self, model: Any, batch: Batch) -> tuple[Any, tuple[Any, ...]]:
        """As `train`, without a step."""
        color, space = model.matrices(*model.draw(ops.shape(batch.images)[0]))
        losses, logits = model.classify(batch.images, batch.labels, color, space)
        return logits, self._values(model, batch, color, space, weighted_mean(losses, batch.weights), logits)

    def complaint(self, history: dict[str, list], threshold: float) -> str | None:
        """A warning for a family that keeps another share than was asked for, else None."""
        kept, asked_for = history["accuracy"][-1], threshold * history["own_accuracy"][-1]
        if abs(kept - asked_for) <= OFF:
            return None
        what = "is too large" if kept < asked_for else "could be larger"
        return (
            f"the family {what}: in the last epoch, {kept:.2f} of the predictions were right, {asked_for:.2f} were "
            "asked for. Train longer, or with smaller steps, or on larger batches."
        )

    def _values(self, model, batch, color, space, classifier_loss, logits):
        volumes = model.color_generator.log_volume(), model.space_generator.log_volume()
        right, multiplier = batch.accuracy(logits), ops.convert_to_tensor(model.multiplier)
        return classifier_loss, right, batch.own, *_distances(batch, color, space), *volumes, multiplier


def margins(logits: Any, labels: Any) -> Any:
    """The logit of the label minus the largest other, `(B, classes)` and `(B,)` to `(B,)`."""
    own = ops.one_hot(labels, logits.shape[-1], dtype="bool")
    right = ops.max(ops.where(own, logits, -float("inf")), axis=-1)
    return right - ops.max(ops.where(own, -float("inf"), logits), axis=-1)


def smoothly_right(logits: Any, batch: Batch) -> Any:
    """For every element whether the label is right, smoothly: the sigmoid of its margin, `(B,)`.

    Margins are divided by the mean size of the originals' margins: the scale of logits does not matter. With half of
    that, the gradient in space is a third noisier for SqueezeNet's photographs.
    """
    scale = weighted_mean(ops.abs(margins(batch.original_logits, batch.labels)), batch.weights)
    return ops.sigmoid(margins(logits, batch.labels) / (scale + SMALLEST_NORM))


def _growth(multiplier, slope, k):
    """What log-volume plus multiplier times share gains with a generator's `step`, `(G, G)`: the identity and slopes.

    Args:
        slope: what the share gains with `k`, `(B, G)`; its sum over the batch is the mean.
        k: the control parameters, `(B, G)`.
    """
    along = ops.matmul(ops.transpose(slope / 2), 2 * k - 1)  # reach exp(step) (2 k - 1), where step is zero
    along = (along + ops.transpose(along)) / 2  # the rest only turns the control parameters
    identity = ops.eye(along.shape[0])
    return (identity + multiplier * along) * (MIXED + (1 - MIXED) * identity)


def _distances(batch: Batch, color, space):
    return (weighted_mean(distance_from_identity(matrices), batch.weights) for matrices in (color, space))


def _weighed(gradients, weights):
    """The part of every element of the batch in the gradient of the weighted mean."""
    count = ops.cast(ops.shape(gradients)[0], gradients.dtype)
    if weights is None:
        return gradients / count
    weights = ops.cast(weights, gradients.dtype)
    shape = (-1, *(1 for _ in gradients.shape[1:]))
    return gradients * ops.reshape(weights, shape) / ops.maximum(ops.sum(weights), SMALLEST_NORM)


def _scaled(gradients):
    """The gradients of a generator, normalized to global norm 1."""
    norm = tf.linalg.global_norm(gradients) + SMALLEST_NORM
    return [gradient / norm for gradient in gradients]
