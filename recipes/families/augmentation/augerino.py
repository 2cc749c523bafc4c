"""Augerino: ranges of affine maps, learned together with the network (Benton et al. 2020)."""

import functools
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.models.invariant_transformer.matrices import Matrices
from kinv.ops import lie
from kinv.ops.affine import affine_color, affine_sample
from recipes.families.augmentation.maps import Maps
from recipes.families.augmentation.material import Augmentation, Material

FIRST_RANGE = 0.05  # of every generator, whose norm is 1
STEEPNESS = 4.0  # of the softplus, so that ranges get as far in a few hundred steps as theirs in many epochs
RATE = 5e-3  # Adam, network and ranges
BATCH = 32


class Ranges(keras.layers.Layer):
    """Half widths of uniform ranges, one for each generator of space and of colour; softplus keeps them positive."""

    def __init__(self, channels: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.channels = channels
        self.generators = {"space": dict(lie.SPACE), "color": lie.color_generators(channels)}
        count = sum(len(part) for part in self.generators.values())
        start = float(np.log(np.expm1(FIRST_RANGE)) / STEEPNESS)
        self.raw = self.add_weight(shape=(count,), initializer=keras.initializers.Constant(start), name="raw")

    def widths(self) -> Any:
        """The half widths, `(G,)`."""
        return ops.softplus(STEEPNESS * self.raw)

    def maps(self, sizes: Any) -> tuple[Any, Any]:
        """Maps of colour and of space for sizes `(B, G)` of the generators."""
        of_space = len(self.generators["space"])
        space = lie.exponential(lie.combined(self.generators["space"], sizes[:, :of_space]))
        return lie.exponential(lie.combined(self.generators["color"], sizes[:, of_space:])), space


def learned_ranges(material: Material, weight: float) -> Augmentation:
    """Uniform maps with ranges that were learned together with a network; the training then starts anew with them.

    Benton, Finzi, Izmailov and Wilson, "Learning Invariances in Neural Networks", equation 5: cross-entropy of images
    under random maps, minus `weight` times the norm of the ranges. Theirs are six generators of space; here those of
    colour are learned as well. They average predictions over maps in the test, which no other method here does.
    """
    if material.images is None or material.labels is None:
        raise ValueError("ranges are learned from labelled images, and the task has none for it.")
    joint = _joint(material.untrained(), material.fill)
    widths = joint.learn(material.images, material.labels, weight, material.steps, material.seed)
    ranges = joint.ranges

    def draw(shape, count, random):
        sizes = widths * random.uniform(-1, 1, (count, len(widths)))
        color, space = ranges.maps(sizes.astype("float32"))
        return Matrices(ops.convert_to_numpy(color), ops.convert_to_numpy(space))

    return Maps(draw, material.fill)


class Joint:
    """Network and ranges that learn together. One for all trainings of a network: to trace the step takes seconds.

    Args:
        network: images to logits; it is trained from the weights it has.
        fill: what lies outside the frame.
    """

    def __init__(self, network: Any, fill: str):
        import tensorflow as tf

        self.network, self.ranges = network, Ranges(network.input_shape[-1])
        self.optimizer = keras.optimizers.Adam(RATE)
        variables = [*network.trainable_variables, self.ranges.raw]
        self.optimizer.build(variables)
        self.initial = [variable.numpy() for variable in (self.ranges.raw, *self.optimizer.variables)]
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

        @tf.function
        def step(images, labels, uniform, weight):
            with tf.GradientTape() as tape:
                color, space = self.ranges.maps(self.ranges.widths() * uniform)
                changed = affine_color(affine_sample(images, space, fill), color)
                total = loss(labels, network(changed, training=True)) - weight * ops.norm(self.ranges.widths())
            self.optimizer.apply(tape.gradient(total, variables), variables)

        self.step = step

    def learn(self, images: np.ndarray, labels: np.ndarray, weight: float, steps: int, seed: int) -> np.ndarray:
        """The half widths, `(G,)`, after so many steps."""
        import tensorflow as tf

        for variable, value in zip((self.ranges.raw, *self.optimizer.variables), self.initial, strict=True):
            variable.assign(value)
        random = np.random.default_rng([seed, 5])
        for _ in range(steps):
            at = random.integers(len(images), size=BATCH)
            uniform = random.uniform(-1, 1, (BATCH, self.ranges.raw.shape[0])).astype("float32")
            self.step(tf.constant(images[at]), tf.constant(labels[at]), tf.constant(uniform), tf.constant(weight))
        return ops.convert_to_numpy(self.ranges.widths())


@functools.lru_cache(maxsize=4)
def _joint(network: Any, fill: str) -> Joint:
    return Joint(network, fill)
