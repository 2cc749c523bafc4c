"""The deep belief network."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from .distribution import EXPORTED_DRAWS, EXPORTED_STEPS, generator_of, sampling_bar
from .draws import Generator, split
from .greedy_stack import GreedyStack
from .rbm import METRICS, RestrictedBoltzmannMachine


@keras.saving.register_keras_serializable("kinv")
class DeepBeliefNetwork(GreedyStack):
    """A stack of restricted Boltzmann machines (RBMs), trained greedily (Hinton, Osindero and Teh 2006).

    Each RBM is trained on the hidden probabilities of the one below. `sample` draws from the generative model: the top
    RBM, and directed sigmoid layers below it.

    Args:
        units: widths of the input and of every hidden layer.
        visible: visible units of the first RBM, `"bernoulli"` (data in 0..1) or `"gaussian"` (data of unit variance).
        steps, persistent, chains, weight_decay, sparsity, sparsity_weight: settings of every RBM, see
            `RestrictedBoltzmannMachine`. `sparsity` may be a sequence with one value per RBM.
        binarize: whether the first RBM samples binary pixels from the grey values.
        seed: seeds the weights and all sampling during training.
        **kwargs: `name`, `trainable` and `dtype`, as in `kinv.training.Method`.

    Call arguments:
        inputs: float tensor `(B, V)`.

    Returns:
        The activations of the top hidden layer, `(B, H)`.

    Raises:
        ValueError: an argument is out of range.

    Examples:
        >>> dbn = DeepBeliefNetwork((784, 500, 500, 250))
        >>> dbn.classifier(classes=10, input_shape=(28, 28, 1)).output.shape
        (None, 10)
    """

    def __init__(
        self,
        units: Sequence[int],
        *,
        visible: str = "bernoulli",
        steps: int = 1,
        persistent: bool = False,
        chains: int = 100,
        binarize: bool = False,
        weight_decay: float = 0.0,
        sparsity: float | Sequence[float | None] | None = None,
        sparsity_weight: float = 0.1,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(units, METRICS, seed, **kwargs)
        self.settings = {
            "steps": steps,
            "persistent": persistent,
            "chains": chains,
            "weight_decay": weight_decay,
            "sparsity_weight": sparsity_weight,
        }
        depth = len(self.units) - 1
        self.sparsity = tuple(sparsity) if isinstance(sparsity, Sequence) else (sparsity,) * depth
        if len(self.sparsity) != depth:
            raise ValueError(f"sparsity must be one number or {depth}, received {sparsity}: pass one per hidden layer")
        self.visible, self.binarize = visible, binarize
        self.blocks = [
            RestrictedBoltzmannMachine(
                below,
                above,
                visible="bernoulli" if index else visible,
                binarize=binarize and not index,
                sparsity=self.sparsity[index],
                seed=seed + 1000 * index,
                name=f"rbm{index + 1}",
                **self.settings,
            )
            for index, (below, above) in enumerate(zip(self.units[:-1], self.units[1:], strict=True))
        ]

    @property
    def in_unit_range(self):
        return self.visible == "bernoulli"

    def learn_block(self, index, inputs, optimizer, weights):
        return self.blocks[index].learn(inputs, optimizer, generator_of(self), weights)

    def measure_block(self, index, inputs, weights):
        return self.blocks[index].measure(inputs, weights)

    def sample(
        self,
        count: int,
        steps: int = 1000,
        seed: int = 0,
        *,
        layer: int | None = None,
        units: Any = (),
        value: float = 1.0,
        progress: bool = False,
    ) -> tuple[Any, Any]:
        """Samples images: Gibbs sampling in the top RBM, then a top-down pass (Hinton, Osindero and Teh 2006).

        Chains start at random or, if `persistent`, from the final states of the training chains. Random starts can stay
        far from the data for impractically many steps.

        With `units`, these hidden units of `layer` are clamped and the layers above it are ignored. This samples
        `p_j(x | h_ij = 1)` of Erhan, Courville and Bengio 2010, section 4.1.

        Args:
            count: number of images, one chain each.
            steps: number of Gibbs steps.
            seed: seeds the sampling.
            layer: number of the hidden layer, 1 for the lowest; default: the top layer.
            units: units of that layer to clamp: `(M,)` for all chains, or `(count, M)` with one row per chain.
            value: value of the clamped units.
            progress: whether to show a bar on stderr.

        Returns:
            Samples and the means they were drawn from, `(count, V)` each.

        Raises:
            ValueError: `layer` or a unit does not exist, or `count` or `steps` is below 1.
        """
        depth = self._depth(layer)
        if count < 1 or steps < 1:
            raise ValueError(f"count and steps must be at least 1, received {count} and {steps}")
        width, clamped = self.units[depth], np.asarray(units, "int32")
        if clamped.ndim > 2 or (clamped.ndim == 2 and len(clamped) != count):
            raise ValueError(f"units must have shape (M,) or ({count}, M), received {clamped.shape}")
        if clamped.size and not (clamped.min() >= 0 and clamped.max() < width):
            raise ValueError(f"units of layer {depth} must lie in 0..{width - 1}, received {units}")
        clamp = (clamped, value) if clamped.size else None
        seeds = tf.constant([seed, 1], tf.int32)
        with sampling_bar(steps, progress) as advance:
            return tf.function(lambda: self._sample(count, steps, seeds, depth, clamp, advance=advance))()

    def _sample(self, count, steps, seed, depth, clamp=None, generator: Generator = "philox", advance=None):
        seeds = split(seed, depth + 1, generator)
        state, means = self.blocks[depth - 1].run(count, steps, seeds[0], clamp, None, generator, advance)
        for block, seed in zip(reversed(self.blocks[: depth - 1]), seeds[1:], strict=False):
            means = block.visible_means(state)
            state = block.draw_visible(means, seed, generator)
        return state, means

    def export_endpoints(self) -> dict[str, tuple[Any, list[tf.TensorSpec]]]:
        """The SavedModel's endpoints: name to (function, input signature)."""
        vectors = tf.TensorSpec((None, self.units[0]), tf.float32, name="images")
        seed, count = tf.TensorSpec((2,), tf.int32, name="seed"), tf.TensorSpec((), tf.int32, name="count")

        def sample(seed, count):
            return self._sample(count, EXPORTED_STEPS, seed, len(self.blocks), generator=EXPORTED_DRAWS)[0]

        def decode(states):
            for block in reversed(self.blocks[:-1]):
                states = block.visible_means(states)
            return states

        top = self.blocks[-1]
        states = tf.TensorSpec((None, top.visible_units), tf.float32, name="states")
        draws = tf.TensorSpec((None, top.hidden_units), tf.float32, name="draws")
        return {
            "encode": (self.encode, [vectors]),
            "sample": (sample, [seed, count]),
            "sweep": (top.sweep, [states, draws]),  # in the top RBM, whose visible units are `states`
            "decode": (decode, [states]),  # top-down pass to the pixel means
        }

    def get_config(self):
        return {
            **super().get_config(),
            "units": list(self.units),
            "visible": self.visible,
            **self.settings,
            "sparsity": list(self.sparsity),
            "binarize": self.binarize,
            "seed": self.seed,
        }
