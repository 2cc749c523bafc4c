"""Block Gibbs sampling in a restricted Boltzmann machine, as a transition kernel of TensorFlow Probability."""

from typing import Any, NamedTuple

import tensorflow as tf
import tensorflow_probability as tfp

from .boltzmann import Generator

Clamp = tuple[Any, float]  # hidden units, `(M,)` or `(B, M)` where every chain has its own, and the value they keep


class GibbsResults(NamedTuple):
    """What one step leaves for the next: what the hidden units receive from the state, `(B, H)`, and the means that the
    state was drawn with, `(B, V)`."""

    received: Any
    means: Any


class GibbsKernel(tfp.mcmc.TransitionKernel):
    """Draws the hidden units given the visible ones, then the visible units given these.

    The state is visible, `(B, V)`. What is drawn depends on the seed and the generator alone.

    Args:
        machine: a `RestrictedBoltzmannMachine`.
        clamp: hidden units that always have one value.
        generator: `"philox"`, or `"threefry"`, which XLA alone has and draws several times faster with on a CPU
            (`benchmarks/rbm.py`). The one that TensorFlow selects there by itself is many times slower than both.
    """

    def __init__(self, machine: Any, clamp: Clamp | None = None, generator: Generator = "philox"):
        self._parameters = {"machine": machine, "clamp": clamp, "generator": generator}

    @property
    def parameters(self):
        return self._parameters

    @property
    def is_calibrated(self):
        return True  # every draw is from an exact conditional distribution

    def bootstrap_results(self, init_state):
        return GibbsResults(self._parameters["machine"].hidden_input(init_state), init_state)

    def one_step(self, current_state, previous_kernel_results, seed=None):
        machine, generator, seeds = self._parameters["machine"], self._parameters["generator"], split(seed, 2)
        hidden = self.draw_hidden(previous_kernel_results.received, seeds[0])
        means = machine.visible_means(hidden)
        visible = machine.draw_visible(means, seeds[1], generator)
        return visible, GibbsResults(machine.hidden_input(visible), means)

    def draw_hidden(self, received: Any, seed: Any) -> Any:
        """Hidden units given what they receive, with the clamped ones at their value."""
        clamp = self._parameters["clamp"]
        hidden = draw(tf.sigmoid(received), seed, self._parameters["generator"])
        if clamp is None:
            return hidden
        units, value = clamp
        held = tf.reduce_any(tf.range(hidden.shape[-1]) == tf.expand_dims(tf.constant(units, tf.int32), -1), axis=-2)
        return tf.where(held, tf.cast(value, hidden.dtype), hidden)


def split(seed: Any, count: int) -> list[Any]:
    """Seeds of their own, int32 `(2,)`, from one."""
    return tf.unstack(tf.random.experimental.stateless_split(seed, count, alg="philox"))


def draw(probabilities: Any, seed: Any, generator: Generator = "philox") -> Any:
    """Zeros and ones, independent, with these probabilities of a one."""
    uniform = tf.random.stateless_uniform(tf.shape(probabilities), seed, dtype=probabilities.dtype, alg=generator)
    return tf.cast(uniform < probabilities, probabilities.dtype)


def run_chain(
    kernel: GibbsKernel, state: Any, results: GibbsResults, steps: int, seed: Any
) -> tuple[Any, GibbsResults]:
    """The state after some steps, `(B, V)`, and the results of the last."""
    if steps == 1:
        return kernel.one_step(state, results, seed)
    states, traced = tfp.mcmc.sample_chain(
        num_results=1,
        num_burnin_steps=steps - 1,
        current_state=state,
        kernel=kernel,
        previous_kernel_results=results,
        trace_fn=lambda _, results: results,
        seed=seed,
    )
    return states[0], GibbsResults(*(part[0] for part in traced))
