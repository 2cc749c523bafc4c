"""Block Gibbs sampling in a restricted Boltzmann machine, as a transition kernel of TensorFlow Probability."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf
import tensorflow_probability as tfp

from kinv.ops.stateless_random import hashed_seed

from .draws import Generator, draw, split

Clamp = tuple[Any, float]  # hidden units, `(M,)`, or `(B, M)` with one row per chain, and their value


class GibbsResults(NamedTuple):
    """Results of one step: pre-activations of the hidden units given the state, `(B, H)`, and the means that the state
    was drawn from, `(B, V)`."""

    pre_activations: Any
    means: Any


class GibbsKernel(tfp.mcmc.TransitionKernel):
    """Samples the hidden units given the visible ones, then the visible units given these.

    The state is the visible units, `(B, V)`. Samples depend only on the state, the seed and the generator.

    Args:
        machine: a `RestrictedBoltzmannMachine`.
        clamp: hidden units that are held at one value.
        generator: random number generator, see `kinv.models.layerwise.draws`.
        advance: called with 1 after every step, also inside a graph.
    """

    def __init__(
        self,
        machine: Any,
        clamp: Clamp | None = None,
        generator: Generator = "philox",
        advance: Callable[[float], None] | None = None,
    ):
        self._parameters = {"machine": machine, "clamp": clamp, "generator": generator, "advance": advance}

    @property
    def parameters(self):
        return self._parameters

    @property
    def is_calibrated(self):
        return True  # every draw is from an exact conditional distribution

    def bootstrap_results(self, init_state):
        return GibbsResults(self._parameters["machine"].hidden_input(init_state), init_state)

    def one_step(self, current_state, previous_kernel_results, seed=None):
        machine, generator = self._parameters["machine"], self._parameters["generator"]
        seeds = split(seed, 2, generator)
        hidden = self.draw_hidden(previous_kernel_results.pre_activations, seeds[0])
        means = machine.visible_means(hidden)
        visible = machine.draw_visible(means, seeds[1], generator)
        advance = self._parameters["advance"]
        if advance is not None:
            tf.py_function(lambda: advance(1), [], [])
        return visible, GibbsResults(machine.hidden_input(visible), means)

    def draw_hidden(self, pre_activations: Any, seed: Any) -> Any:
        """Samples hidden units from their pre-activations, with the clamped ones at their value."""
        clamp = self._parameters["clamp"]
        hidden = draw(tf.sigmoid(pre_activations), seed, self._parameters["generator"])
        if clamp is None:
            return hidden
        units, value = clamp
        held = tf.reduce_any(tf.range(hidden.shape[-1]) == tf.expand_dims(tf.constant(units, tf.int32), -1), axis=-2)
        return tf.where(held, tf.cast(value, hidden.dtype), hidden)


def run_chain(
    kernel: GibbsKernel, state: Any, results: GibbsResults, steps: int, seed: Any
) -> tuple[Any, GibbsResults]:
    """The state after `steps` steps, `(B, V)`, and the results of the last step."""
    if steps == 1:
        return kernel.one_step(state, results, seed)
    if kernel.parameters["generator"] == "hash":  # TensorFlow Probability would split the seed with Philox
        _, state, results = tf.while_loop(
            lambda step, *_: step < steps,
            lambda step, state, results: (step + 1, *kernel.one_step(state, results, hashed_seed(seed, step))),
            (0, state, results),
        )
        return state, results
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
