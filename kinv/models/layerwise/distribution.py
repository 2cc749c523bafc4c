"""The distribution of a restricted Boltzmann machine: energies, conditional probabilities, sampling."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kinv.choices import checked_choice
from kinv.data.checks import checked_vectors
from kinv.progress_bar import progress_bar
from kinv.requirements import tensorflow_needed
from kinv.training.method import Method

from .draws import Generator, draw, draw_normal, split

LARGEST = 100_000_000  # maximum number of weights
VISIBLE = ("bernoulli", "gaussian")
EXPORTED_STEPS = 1000  # Gibbs steps of the SavedModel's `sample`
EXPORTED_DRAWS: Generator = "hash"  # the only generator that ONNX and LiteRT support
INITIAL_STD = 0.01  # of the weights; Hinton 2010, section 8


class BoltzmannDistribution(Method):
    """`p(v, h) = exp(-E(v, h)) / Z` with binary hidden units and binary or Gaussian visible units.

    The base class of `RestrictedBoltzmannMachine`: everything but training. With weights `W`, visible biases `b` and
    hidden biases `c`, the energy is `-b v - c h - v W h` for binary visible units and
    `|v - b|^2 / 2 - c h - v W h` for Gaussian ones, whose variance is 1.

    Args:
        visible_units, hidden_units, visible, seed: as in `RestrictedBoltzmannMachine`.
        metric_names, **kwargs: as in `Method`.
    """

    def __init__(
        self,
        visible_units: int,
        hidden_units: int,
        visible: str,
        seed: int,
        metric_names: Sequence[str] = (),
        **kwargs: Any,
    ):
        super().__init__(metric_names, **kwargs)
        if min(visible_units, hidden_units) < 1:
            raise ValueError(
                f"visible_units and hidden_units must be at least 1, received {visible_units} and {hidden_units}"
            )
        if visible_units * hidden_units > LARGEST:
            raise ValueError(
                f"visible_units x hidden_units must be at most {LARGEST:,}, received {visible_units} x {hidden_units}: "
                "use fewer units"
            )
        checked_choice("visible", visible, VISIBLE)
        self.visible_units, self.hidden_units, self.visible, self.seed = visible_units, hidden_units, visible, seed
        start = keras.initializers.RandomNormal(stddev=INITIAL_STD, seed=seed)
        self.kernel = self.add_weight(shape=(visible_units, hidden_units), initializer=start, name="kernel")
        self.visible_bias = self.add_weight(shape=(visible_units,), initializer="zeros", name="visible_bias")
        self.hidden_bias = self.add_weight(shape=(hidden_units,), initializer="zeros", name="hidden_bias")
        self.built = True

    @property
    def in_unit_range(self) -> bool:
        """Whether the data must lie in 0..1."""
        return self.visible == "bernoulli"

    def call(self, visible):
        return self.hidden_probabilities(visible)

    @property
    def input_shape(self):
        return (None, self.visible_units)

    def hidden_input(self, visible: Any) -> Any:
        """Pre-activations of the hidden units, `c + v W`: `(B, V)` to `(B, H)`."""
        return ops.matmul(self.checked(visible), self.kernel) + self.hidden_bias

    def checked_inputs(self, inputs):
        return checked_vectors(inputs, self.visible_units, "visible", unit_range=self.in_unit_range)

    def checked(self, visible: Any) -> Any:
        """Visible units `(B, V)` as a float32 tensor, once they have passed; unchecked in a graph.

        Raises:
            ValueError: another shape, not finite or, for Bernoulli units, outside 0..1.
        """
        return ops.cast(self.checked_inputs(visible), "float32")

    def hidden_probabilities(self, visible: Any) -> Any:
        """`p(h = 1 | v)`: `(B, V)` to `(B, H)`."""
        return ops.sigmoid(self.hidden_input(visible))

    def visible_means(self, hidden: Any) -> Any:
        """`E[v | h]`: `(B, H)` to `(B, V)`."""
        pre_activations = ops.matmul(hidden, ops.transpose(self.kernel)) + self.visible_bias
        return ops.sigmoid(pre_activations) if self.visible == "bernoulli" else pre_activations

    def draw_visible(self, means: Any, seed: Any, generator: Generator = "philox") -> Any:
        """Samples visible units with these means, `(B, V)`; `seed` is an int32 tensor of shape `(2,)`."""
        return (draw if self.visible == "bernoulli" else draw_normal)(means, seed, generator)

    def free_energy(self, visible: Any) -> Any:
        """`F(v)`, with `p(v) = exp(-F(v)) / Z`: `(B, V)` to `(B,)`."""
        visible = self.checked(visible)
        return self.free_energy_given(visible, self.hidden_input(visible))

    def free_energy_given(self, visible: Any, pre_activations: Any) -> Any:
        """`free_energy` from known pre-activations, `hidden_input(visible)`."""
        if self.visible == "bernoulli":
            of_visible = -ops.sum(visible * self.visible_bias, axis=-1)
        else:
            of_visible = ops.sum(ops.square(visible - self.visible_bias), axis=-1) / 2
        return of_visible - ops.sum(ops.softplus(pre_activations), axis=-1)

    def pseudo_log_likelihood(self, visible: Any, flipped: Any) -> Any:
        """An estimate of `sum_i log p(v_i | v without i)` in nats, `(B,)`, from one pixel of each image.

        Args:
            visible: `(B, V)` of zeros and ones; grey values are rounded.
            flipped: int32 `(B,)`, the index of a pixel in each image.

        Raises:
            ValueError: the visible units are Gaussian.
        """
        if self.visible != "bernoulli":
            raise ValueError(f"visible must be 'bernoulli', received {self.visible!r}: use `log_likelihood` instead")
        visible = ops.round(self.checked(visible))
        pre_activations = self.hidden_input(visible)
        turn = 1 - 2 * ops.sum(visible * ops.one_hot(flipped, self.visible_units), axis=-1)
        turned = pre_activations + ops.expand_dims(turn, -1) * ops.take(self.kernel, flipped, axis=0)
        rise = -turn * ops.take(self.visible_bias, flipped) - ops.sum(
            ops.softplus(turned) - ops.softplus(pre_activations), axis=-1
        )
        return -self.visible_units * ops.softplus(-rise)

    def sample(
        self,
        count: int,
        steps: int = 1000,
        seed: int = 0,
        start: Any = None,
        clamp: Any = None,
        *,
        progress: bool = False,
    ) -> Any:
        """Visible units after Gibbs sampling, `(count, V)`, and their means given the last hidden units.

        Args:
            count: number of chains.
            steps: number of Gibbs steps.
            seed: seeds the sampling.
            start: initial visible units, `(count, V)`; default: `first_state`.
            clamp: `(units, value)`: hidden units that are held at this value.
            progress: whether to show a bar on stderr.

        Raises:
            ValueError: `count` or `steps` is below 1, `start` has another shape, or a clamped unit does not exist.
        """
        if count < 1 or steps < 1:
            raise ValueError(f"count and steps must be at least 1, received {count} and {steps}")
        if clamp is not None and not all(0 <= unit < self.hidden_units for unit in clamp[0]):
            raise ValueError(f"units to clamp must lie in 0..{self.hidden_units - 1}, received {list(clamp[0])}")
        start = None if start is None else self.checked(start)
        if start is not None and len(start) != count:
            raise ValueError(f"start must have shape {(count, self.visible_units)}, received {tuple(start.shape)}")
        with sampling_bar(steps, progress) as advance:
            run = tf.function(lambda count, seed: self.run(count, steps, seed, clamp, start, advance=advance))
            return run(tf.constant(count), tf.constant([seed, 1], tf.int32))

    def run(
        self,
        count: Any,
        steps: int,
        seed: Any,
        clamp: Any = None,
        start: Any = None,
        generator: Generator = "philox",
        advance: Callable[[float], None] | None = None,
    ) -> tuple[Any, Any]:
        """`sample` without checks, for use inside a graph; `count` and `seed` may be tensors."""
        with tensorflow_needed("Gibbs sampling"):
            from .gibbs import GibbsKernel, run_chain

        first, second = split(seed, 2, generator)
        if start is None:
            start = self.first_state(count, first, generator)
        kernel = GibbsKernel(self, clamp, generator, advance)
        visible, results = run_chain(kernel, start, kernel.bootstrap_results(start), steps, second)
        return visible, results.means

    def sweep(self, visible: Any, draws: Any) -> Any:
        """Half a Gibbs step with the caller's random numbers, so that other runtimes can run it too.

        Args:
            visible: `(B, V)`.
            draws: `(B, H)`, uniform in 0..1: a hidden unit is 1 where its probability is larger.

        Returns:
            Means of the visible units given these hidden units, `(B, V)`; sampling from them completes the step.
        """
        return self.visible_means(ops.cast(draws < self.hidden_probabilities(visible), "float32"))

    def first_state(self, count: Any, seed: Any, generator: Generator = "philox") -> Any:
        """Initial visible units for Gibbs sampling, `(count, V)`, independent of the weights."""
        middle = 0.5 if self.visible == "bernoulli" else 0.0
        return self.draw_visible(tf.fill((count, self.visible_units), middle), seed, generator)

    def adapt(self, images: Any) -> None:
        """Initializes the visible biases to the log odds of the pixels, or to their means if Gaussian (Hinton 2010)."""
        means = np.mean(self.checked(images), axis=0)
        if self.visible == "bernoulli":
            means = np.clip(means, 0.01, 0.99)
            means = np.log(means / (1 - means))
        self.visible_bias.assign(means)

    def export_endpoints(self) -> dict[str, tuple[Any, list[tf.TensorSpec]]]:
        """The SavedModel's endpoints: name to (function, input signature)."""
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


@contextlib.contextmanager
def sampling_bar(steps: int, progress: bool) -> Iterator[Callable[[float], None] | None]:
    """A bar over Gibbs steps; None without progress, as a graph would leave TensorFlow after every step for it."""
    with progress_bar("sampling", steps, progress) as advance:
        yield advance if progress else None


def generator_of(model: Any) -> Generator:
    """The fastest generator for the train step of a compiled model: Threefry with XLA, else Philox."""
    return "threefry" if model.jit_compile else "philox"
