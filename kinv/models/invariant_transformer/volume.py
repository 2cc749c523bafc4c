"""What the largest family maximises: volume, at a set share of predictions that stay.

An objective has its generators, the names of its metrics, and how gradients come from a batch. Shapes: `B` batch, `G`
generators of the Lie algebra, or modes of flows.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from kinv.ops.weighted_mean import weighted_mean

from .batch import SMALLEST_NORM, Batch, distances, weighed
from .flow_generator import FlowGenerator
from .lie_generator import LieGenerator
from .reach_generator import ReachGenerator
from .smoothed_gradient import smoothed_gradient

MULTIPLIER = 15.0  # at the start, for each generator: about what SqueezeNet's is at the end
LEAST_MULTIPLIER, LARGEST_MULTIPLIER = 1e-2, 1e3  # for each generator
RATE = 0.2  # of the multiplier's logarithm, for each step and unit of accuracy that is missing
DAMPING = 4.0  # of the multiplier's logarithm at once, for each unit that is missing in the batch
SMOOTHED_RATE = 0.3  # of space and of flows: in space, the gradient is four times as noisy as in colour
MIXED = 0.2  # rate of what mixes two directions: there are many such, and the noise of all costs volume
OFF = 0.05  # a share that is missed by more is said to be missed


class Volume:
    """The largest family at a set share of unchanged predictions: a Lagrangian.

    It maximises the log-volumes of space and of colour in the Lie algebra, and of flows, plus a multiplier times a
    smooth share of right predictions: the mean sigmoid of margins, the logit of a label minus the largest other. The
    multiplier grows while accuracy is below the share that is asked for, and shrinks while it is above. For each batch
    it is larger or smaller at once, by what is missing there, so that the size of the family does not swing.

    Args:
        smoothing: standard deviation of the normal distribution over `2 k - 1` of space, and of flows, along which
            losses are compared, see `smoothed_gradient`; above 0.
        beyond: names of flows, see `FlowGenerator`.
        symmetric: whether the family reaches as far on both sides of every direction.
    """

    def __init__(self, smoothing: float, beyond: Sequence[str] = (), symmetric: bool = True):
        self.smoothing, self.beyond, self.symmetric = smoothing, beyond, symmetric
        parts = ("color", "space", "beyond") if beyond else ("color", "space")
        self.metrics = (
            "classifier_loss",
            "accuracy",
            "own_accuracy",
            *(f"{part}_distance" for part in parts),
            *(f"{part}_volume" for part in parts),
            "multiplier",
        )

    def generators(self, channels: int, seed: int) -> list[ReachGenerator]:
        """Of colour, of space, and of flows if there are any."""
        both = self.symmetric
        flows = [FlowGenerator(self.beyond, both, name="beyond_generator")] if self.beyond else []
        return [
            LieGenerator(channels, both, name="color_generator"),
            LieGenerator(2, both, name="space_generator"),
            *flows,
        ]

    def train(self, model: Any, batch: Batch) -> tuple[Any, tuple[Any, ...]]:
        """One step; returns the logits of the transformed images, and the metrics' values."""
        ks, generators = model.draw(ops.shape(batch.images)[0]), model.parts()
        conditioning = None if model.conditioner is None else _Conditioning(model.conditioner, batch)
        factors = [1.0] * len(ks) if conditioning is None else model.split(ops.exp(conditioning.logarithms))
        alongs = [part.along(k) * factor for part, k, factor in zip(generators, ks, factors, strict=True)]
        maps = [generator.reached(along) for generator, along in zip(generators, alongs, strict=True)]
        seed = model.next_seed() if self.beyond else 0  # the same noise where two members are compared
        with tf.GradientTape() as tape:
            tape.watch(alongs[0])
            maps[0] = model.color_generator.reached(alongs[0])
            losses, logits = model.classify(batch.images, batch.labels, *maps, seed=seed)
            share = weighted_mean(smoothly_right(logits, batch), batch.weights)
        smoothed = [
            self._smoothed(model, batch, maps, alongs[place] / factors[place], factors[place], place, seed)
            for place in range(1, len(maps))
        ]
        slopes = [tape.gradient(share, alongs[0]), *smoothed]

        missing = model.accuracy_threshold * batch.own - batch.accuracy(logits)
        multiplier = model.multiplier * ops.exp(DAMPING * missing)
        counting = 1.0 if batch.weights is None else ops.cast(ops.sum(batch.weights) > 0, "float32")
        gains, variables, of_images = [], [], []
        for place, (generator, slope) in enumerate(zip(generators, slopes, strict=True)):
            rate = SMOOTHED_RATE if place else 1.0
            gains.append(rate * _growth(multiplier, slope, alongs[place]))
            variables.append(generator.step)
            if generator.lean is not None:
                kept = ops.sum(slope * factors[place] * generator.leaning(ks[place]), axis=0)
                gains.append(rate * ops.clip(_leaning(generator.lean) + multiplier * kept, -1, 1))  # mostly chance
                variables.append(generator.lean)
            volume = weighed(ops.ones_like(slope), batch.weights)  # of every image, of the mean
            of_images.append(rate * (volume + multiplier * slope * alongs[place]))
        if conditioning is not None:
            gains += conditioning.direction(ops.concatenate(of_images, axis=1))
            variables += conditioning.weights
        model.descend(model.optimizer, [-counting * gain for gain in gains], variables)
        for generator in generators:
            generator.take_step()
        limits = (limit * sum(model.controls) for limit in (LEAST_MULTIPLIER, LARGEST_MULTIPLIER))
        model.multiplier.assign(ops.clip(model.multiplier * ops.exp(RATE * missing), *limits))
        return logits, self._values(model, batch, maps, factors, weighted_mean(losses, batch.weights), logits)

    def _smoothed(self, model, batch, maps, along, factors, place, seed):
        """What the share gains along the directions of one part, `(B, G)`, from two more passes.

        Args:
            along: how far members go before `factors`, in whose units it is smoothed.
        """

        def kept(along):
            moved = [*maps[:place], model.parts()[place].reached(along * factors), *maps[place + 1 :]]
            return smoothly_right(model.classify(batch.images, batch.labels, *moved, seed=seed)[1], batch)

        directions = keras.random.normal(ops.shape(along), seed=model.seed_generator)
        return weighed(smoothed_gradient(kept, along, directions, self.smoothing), batch.weights) / factors

    def test(self, model: Any, batch: Batch) -> tuple[Any, tuple[Any, ...]]:
        """As `train`, without a step."""
        ks, parts = model.draw(ops.shape(batch.images)[0]), model.parts()
        factors = [None] * len(ks) if model.conditioner is None else model.factors(batch.images)
        maps = [part(k, factor) for part, k, factor in zip(parts, ks, factors, strict=True)]
        seed = model.next_seed() if self.beyond else 0
        losses, logits = model.classify(batch.images, batch.labels, *maps, seed=seed)
        return logits, self._values(model, batch, maps, factors, weighted_mean(losses, batch.weights), logits)

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

    def _values(self, model, batch, maps, factors, classifier_loss, logits):
        volumes = [generator.log_volume() for generator in model.parts()]
        if model.conditioner is not None:
            longer = (weighted_mean(ops.sum(ops.log(of), axis=1), batch.weights) for of in factors)
            volumes = [volume + more for volume, more in zip(volumes, longer, strict=True)]
        right, multiplier = batch.accuracy(logits), ops.convert_to_tensor(model.multiplier)
        flows = (weighted_mean(ops.norm(sizes, axis=-1), batch.weights) for sizes in maps[2:])
        moved = [*distances(batch, *maps[:2]), *flows]
        return classifier_loss, right, batch.own, *moved, *volumes, multiplier


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


def _growth(multiplier, slope, along):
    """What log-volume plus multiplier times share gains with a generator's `step`, `(G, G)`: the identity and slopes.

    Args:
        slope: what the share gains along the directions, `(B, G)`; its sum over the batch is the mean.
        along: how far members go along them, `(B, G)`.
    """
    both = ops.matmul(ops.transpose(slope), along)  # reach exp(step) along, where step is zero
    both = (both + ops.transpose(both)) / 2  # the rest only turns the directions
    identity = ops.eye(both.shape[0])
    return (identity + multiplier * both) * (MIXED + (1 - MIXED) * identity)


def _leaning(lean):
    """What the log-volume gains with a generator's `lean`, `(G,)`."""
    leans = ops.tanh(ops.convert_to_tensor(lean))
    squared = ops.square(leans)
    return leans * (1 / (4 + squared) - 1 / (1 + squared)) * (1 - squared)


class _Conditioning:
    """A conditioner's outputs for a batch, and how they are learned.

    Attributes:
        logarithms: of factors, `(B, G)`.
        weights: what is learned.
    """

    def __init__(self, conditioner: Any, batch: Batch):
        self.conditioner, self.batch, self.weights = conditioner, batch, conditioner.trainable_variables
        with tf.GradientTape() as self.tape:
            self.raw = conditioner.raw(batch.images)
            self.logarithms = conditioner.bounded(self.raw)

    def direction(self, gains: Any) -> list[Any]:
        """The direction in which they gain most with the conditioner's weights, from gains with its outputs, `(B, G)`.

        It has norm 1: the gains of single images are mostly chance, and their size says nothing. What all images gain
        alike is left to the generators.
        """
        each = weighed(ops.ones_like(gains), self.batch.weights)
        wanted = gains - each * ops.sum(gains, axis=0)
        gradients = self.tape.gradient(self.logarithms, self.weights, output_gradients=wanted)
        self.conditioner.centre(self.raw, each)
        norm = tf.linalg.global_norm(gradients) + SMALLEST_NORM
        return [gradient / norm for gradient in gradients]
