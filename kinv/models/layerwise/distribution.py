"""The distribution of a restricted Boltzmann machine: energies, conditional probabilities, samples."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from .draws import Generator, draw, draw_normal, split

LARGEST = 100_000_000  # weights
VISIBLE = ("bernoulli", "gaussian")
EXPORTED_STEPS = 1000  # of Gibbs sampling, in the SavedModel's `sample`
EXPORTED_DRAWS: Generator = "hash"  # ONNX and LiteRT files have no other random numbers
INITIAL_DEVIATION = 0.01  # of the weights; Hinton 2010, section 8


class BoltzmannDistribution(keras.Model):
    """`p(v, h) = exp(-E(v, h)) / Z` with binary hidden units and binary or Gaussian visible ones.

    What `RestrictedBoltzmannMachine` trains; apart from training, all there is to it. With weights `W`, visible biases
    `b` and hidden biases `c`, the energy is `-b v - c h - v W h` for binary visible units and
    `|v - b|^2 / 2 - c h - v W h` for Gaussian ones, whose variance is 1.

    Args:
        visible_units, hidden_units, visible, seed, name: as in `RestrictedBoltzmannMachine`.
    """

    def __init__(self, visible_units: int, hidden_units: int, visible: str, seed: int, name: str):
        super().__init__(name=name)
        if min(visible_units, hidden_units) < 1:
            raise ValueError(
                f"visible_units and hidden_units must be at least 1, received {visible_units} and {hidden_units}"
            )
        if visible_units * hidden_units > LARGEST:
            raise ValueError(f"{visible_units} x {hidden_units} are more than {LARGEST:,} weights")
        if visible not in VISIBLE:
            raise ValueError(f"visible must be one of {VISIBLE}, received {visible!r}")
        self.visible_units, self.hidden_units, self.visible, self.seed = visible_units, hidden_units, visible, seed
        start = keras.initializers.RandomNormal(stddev=INITIAL_DEVIATION, seed=seed)
        self.kernel = self.add_weight(shape=(visible_units, hidden_units), initializer=start, name="kernel")
        self.visible_bias = self.add_weight(shape=(visible_units,), initializer="zeros", name="visible_bias")
        self.hidden_bias = self.add_weight(shape=(hidden_units,), initializer="zeros", name="hidden_bias")
        self.built = True

    def call(self, visible):
        return self.hidden_probabilities(visible)

    def hidden_input(self, visible: Any) -> Any:
        """What hidden units receive, `c + v W`: `(B, V)` to `(B, H)`."""
        return ops.matmul(visible, self.kernel) + self.hidden_bias

    def hidden_probabilities(self, visible: Any) -> Any:
        """`p(h = 1 | v)`: `(B, V)` to `(B, H)`."""
        return ops.sigmoid(self.hidden_input(visible))

    def visible_means(self, hidden: Any) -> Any:
        """`E[v | h]`: `(B, H)` to `(B, V)`."""
        received = ops.matmul(hidden, ops.transpose(self.kernel)) + self.visible_bias
        return ops.sigmoid(received) if self.visible == "bernoulli" else received

    def draw_visible(self, means: Any, seed: Any, generator: Generator = "philox") -> Any:
        """Visible units with these means, `(B, V)`; `seed` is an int32 tensor of shape `(2,)`."""
        return (draw if self.visible == "bernoulli" else draw_normal)(means, seed, generator)

    def free_energy(self, visible: Any) -> Any:
        """`F(v)`, with `p(v) = exp(-F(v)) / Z`: `(B, V)` to `(B,)`."""
        return self.free_energy_given(visible, self.hidden_input(visible))

    def free_energy_given(self, visible: Any, received: Any) -> Any:
        """The same, where `hidden_input(visible)` is known already."""
        if self.visible == "bernoulli":
            of_visible = -ops.sum(visible * self.visible_bias, axis=-1)
        else:
            of_visible = ops.sum(ops.square(visible - self.visible_bias), axis=-1) / 2
        return of_visible - ops.sum(ops.softplus(received), axis=-1)

    def pseudo_log_likelihood(self, visible: Any, flipped: Any) -> Any:
        """An estimate of `sum_i log p(v_i | v without i)` in nats, `(B,)`, from one pixel of each image.

        Args:
            visible: `(B, V)` of zeros and ones; grey values are rounded.
            flipped: int32 `(B,)`, which pixel of each image.

        Raises:
            ValueError: Gaussian visible units.
        """
        if self.visible != "bernoulli":
            raise ValueError("The pseudo-likelihood is implemented for Bernoulli units.")
        visible = ops.round(visible)
        received = self.hidden_input(visible)
        turn = 1 - 2 * ops.sum(visible * ops.one_hot(flipped, self.visible_units), axis=-1)
        turned = received + ops.expand_dims(turn, -1) * ops.take(self.kernel, flipped, axis=0)
        rise = -turn * ops.take(self.visible_bias, flipped) - ops.sum(
            ops.softplus(turned) - ops.softplus(received), axis=-1
        )
        return -self.visible_units * ops.softplus(-rise)

    def sample(self, count: int, steps: int = 1000, seed: int = 0, start: Any = None, clamp: Any = None) -> Any:
        """Visible units after Gibbs sampling, `(count, V)`, and their means given the last hidden units.

        Args:
            count: chains.
            steps: of Gibbs sampling.
            seed: of what is drawn.
            start: visible units to start from, `(count, V)`; default: `first_state`.
            clamp: `(units, value)`: hidden units that always have this value.

        Raises:
            ValueError: no chains or steps, a start of another shape, or units that are not there.
        """
        if count < 1 or steps < 1:
            raise ValueError(f"count and steps must be at least 1, received {count} and {steps}")
        if clamp is not None and not all(0 <= unit < self.hidden_units for unit in clamp[0]):
            raise ValueError(f"units to clamp must lie in 0..{self.hidden_units - 1}, received {list(clamp[0])}")
        if start is not None and np.shape(start) != (count, self.visible_units):
            raise ValueError(f"start must have shape {(count, self.visible_units)}, received {np.shape(start)}")
        start = None if start is None else tf.convert_to_tensor(start, tf.float32)
        return tf.function(self.run)(tf.constant(count), steps, tf.constant([seed, 1], tf.int32), clamp, start)

    def run(
        self,
        count: Any,
        steps: int,
        seed: Any,
        clamp: Any = None,
        start: Any = None,
        generator: Generator = "philox",
    ) -> tuple[Any, Any]:
        """`sample` as a part of a graph, unchecked; `count` and `seed` may be tensors."""
        from .gibbs import GibbsKernel, run_chain

        first, second = split(seed, 2, generator)
        if start is None:
            start = self.first_state(count, first, generator)
        kernel = GibbsKernel(self, clamp, generator)
        visible, results = run_chain(kernel, start, kernel.bootstrap_results(start), steps, second)
        return visible, results.means

    def sweep(self, visible: Any, draws: Any) -> Any:
        """Half of a step of Gibbs sampling, with random numbers of the caller's: what other runtimes can do as well.

        Args:
            visible: `(B, V)`.
            draws: `(B, H)`, uniform in 0..1: a hidden unit is on where its probability is larger.

        Returns:
            Means of the visible units given these hidden units, `(B, V)`; drawing from them ends the step.
        """
        return self.visible_means(ops.cast(draws < self.hidden_probabilities(visible), "float32"))

    def first_state(self, count: Any, seed: Any, generator: Generator = "philox") -> Any:
        """Visible units that Gibbs sampling starts from, `(count, V)`: drawn without looking at the weights."""
        middle = 0.5 if self.visible == "bernoulli" else 0.0
        return self.draw_visible(tf.fill((count, self.visible_units), middle), seed, generator)

    def adapt(self, images: Any) -> None:
        """Starts the visible biases at what the pixels are without hidden units: log odds, or means (Hinton 2010)."""
        means = np.mean(images, axis=0)
        if self.visible == "bernoulli":
            means = np.clip(means, 0.01, 0.99)
            means = np.log(means / (1 - means))
        self.visible_bias.assign(means)

    def export_endpoints(self) -> dict[str, tuple[Any, list[tf.TensorSpec]]]:
        """What the SavedModel of this model answers: endpoint name to function and input signature."""
        vectors = tf.TensorSpec((None, self.visible_units), tf.float32, name="images")
        seed, count = tf.TensorSpec((2,), tf.int32, name="seed"), tf.TensorSpec((), tf.int32, name="count")

        def sample(seed, count):
            return self.run(count, EXPORTED_STEPS, seed, generator=EXPORTED_DRAWS)[0]

        draws = tf.TensorSpec((None, self.hidden_units), tf.float32, name="draws")
        return {
            "encode": (self.hidden_probabilities, [vectors]),
            "sample": (sample, [seed, count]),
            "sweep": (self.sweep, [vectors, draws]),
        }


def generator_of(model: Any) -> Generator:
    """The faster generator that the train step of a compiled model can have: Threefry with XLA."""
    return "threefry" if model.jit_compile else "philox"
