"""The stacked denoising autoencoder."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from kinv.choices import checked_choice
from kinv.layers import Corruption
from kinv.ops.weighted_mean import weighted_mean

from .greedy_stack import GreedyStack
from .tied_autoencoder import TiedAutoencoder

LOSSES = ("cross_entropy", "mse")


@keras.saving.register_keras_serializable("kinv")
class StackedDenoisingAutoencoder(GreedyStack):
    """Sigmoid layers with tied weights, each trained to undo the corruption of its input (Vincent et al. 2008).

    Erhan, Courville and Bengio 2010, section 3. The loss of the first layer is the cross-entropy
    `-sum_i x_i log y_i + (1 - x_i) log(1 - y_i)` of vectors in 0..1, or the squared error `|x - y|^2 / 2` with linear
    outputs. The layers above always use the cross-entropy: their inputs are activations in 0..1.

    Args:
        units: widths of the input and of every hidden layer.
        loss: loss of the first layer, `"cross_entropy"` or `"mse"`.
        corruption: `"masking"`, `"salt_and_pepper"` or `"gaussian"`, see `layers.Corruption`.
        rates: corruption rates, one for all layers or one per layer.
        salt: values of salt and pepper in the first layer, high and low; 1 and 0 in the layers above.
        seed: seeds the weights and all sampling during training.
        **kwargs: `name`, `trainable` and `dtype`, as in `kinv.training.Method`.

    Call arguments:
        inputs: float tensor `(B, V)`.

    Returns:
        The activations of the top hidden layer, `(B, H)`.

    Raises:
        ValueError: an argument is out of range.

    Examples:
        >>> stack = StackedDenoisingAutoencoder((784, 500, 250), rates=(0.1, 0.2))
        >>> stack.reconstruct(keras.ops.ones((2, 784))).shape
        TensorShape([2, 784])
    """

    def __init__(
        self,
        units: Sequence[int],
        *,
        loss: str = "cross_entropy",
        corruption: str = "masking",
        rates: float | Sequence[float] = 0.25,
        salt: Sequence[float] = (1.0, 0.0),
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(units, ("reconstruction_error",), seed, **kwargs)
        checked_choice("loss", loss, LOSSES)
        depth = len(self.units) - 1
        self.rates = tuple(rates) if isinstance(rates, Sequence) else (float(rates),) * depth
        if len(self.rates) != depth:
            raise ValueError(f"rates must be one number or {depth}, received {rates}: pass one per hidden layer")
        self.loss_kind, self.corruption, self.salt = loss, corruption, tuple(salt)
        self.blocks = [
            TiedAutoencoder(
                below,
                above,
                output="linear" if loss == "mse" and not index else "sigmoid",
                seed=seed + 1000 * index,
                name=f"layer{index + 1}",
            )
            for index, (below, above) in enumerate(zip(self.units[:-1], self.units[1:], strict=True))
        ]
        self.corruptions = [
            Corruption(corruption, rate, *((1.0, 0.0) if index else self.salt), seed=seed + 1000 * index + 1)
            for index, rate in enumerate(self.rates)
        ]

    @property
    def in_unit_range(self):
        return self.loss_kind == "cross_entropy"

    def learn_block(self, index, inputs, optimizer, weights):
        block = self.blocks[index]
        corrupted = self.corruptions[index](inputs, training=True)
        with tf.GradientTape() as tape:
            loss = self._loss(block, corrupted, inputs, weights)
        self.descend(optimizer, tape.gradient(loss, block.trainable_variables), block.trainable_variables)
        return (loss,)

    def measure_block(self, index, inputs, weights):
        return (self._loss(self.blocks[index], inputs, inputs, weights),)

    def _loss(self, block, corrupted, target, weights):
        """The loss, summed over the entries of a vector and averaged over the batch."""
        pre_activations = block.output_input(block.hidden_probabilities(corrupted))
        if block.output_kind == "linear":
            return weighted_mean(ops.sum(ops.square(target - pre_activations), axis=-1), weights) / 2
        return weighted_mean(ops.sum(ops.softplus(pre_activations) - target * pre_activations, axis=-1), weights)

    def export_endpoints(self) -> dict[str, tuple[Any, list[tf.TensorSpec]]]:
        """The SavedModel's endpoints: name to (function, input signature)."""
        vectors = tf.TensorSpec((None, self.units[0]), tf.float32, name="images")
        codes = tf.TensorSpec((None, self.units[-1]), tf.float32, name="codes")
        return {
            "encode": (self.encode, [vectors]),
            "decode": (self.decode, [codes]),
            "reconstruct": (self.reconstruct, [vectors]),
        }

    def get_config(self):
        return {
            **super().get_config(),
            "units": list(self.units),
            "loss": self.loss_kind,
            "corruption": self.corruption,
            "rates": list(self.rates),
            "salt": list(self.salt),
            "seed": self.seed,
        }
