"""An autoencoder with one hidden layer and tied weights."""

from typing import Any

import keras
from keras import ops

from kinv.choices import checked_choice
from kinv.precision import Float32

LARGEST = 100_000_000  # maximum number of weights
OUTPUTS = ("sigmoid", "linear")


@keras.saving.register_keras_serializable("kinv")
class TiedAutoencoder(Float32, keras.layers.Layer):
    """`h(x) = sigmoid(b + x W)`, decoded as `sigmoid(c + h W')`, or as `c + h W'`.

    Erhan, Courville and Bengio 2010, section 3.

    Args:
        inputs: length of the vectors.
        hidden_units: number of hidden units.
        output: `"sigmoid"` for vectors in 0..1, `"linear"` for others.
        seed: seeds the weights; None: any. They are uniform up to `sqrt(6 / (inputs + hidden_units))` (Glorot and
            Bengio 2010). Four times that limit, which is common for sigmoids, leaves noise in the filters.

    Call arguments:
        inputs: float tensor `(B, V)`.

    Returns:
        The reconstruction, `(B, V)`.

    Raises:
        ValueError: a size is below 1, there are too many weights, or `output` is unknown.
    """

    def __init__(self, inputs: int, hidden_units: int, output: str = "sigmoid", seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if inputs < 1 or hidden_units < 1:
            raise ValueError(f"inputs and hidden_units must be at least 1, received {inputs} and {hidden_units}")
        if inputs * hidden_units > LARGEST:
            raise ValueError(
                f"inputs x hidden_units must be at most {LARGEST:,}, received {inputs} x {hidden_units}: "
                "use fewer hidden units"
            )
        checked_choice("output", output, OUTPUTS)
        self.inputs, self.hidden_units, self.output_kind, self.seed = inputs, hidden_units, output, seed
        limit = (6 / (inputs + hidden_units)) ** 0.5
        start = keras.initializers.RandomUniform(-limit, limit, seed=seed)
        self.kernel = self.add_weight(shape=(inputs, hidden_units), initializer=start, name="kernel")
        self.hidden_bias = self.add_weight(shape=(hidden_units,), initializer="zeros", name="hidden_bias")
        self.visible_bias = self.add_weight(shape=(inputs,), initializer="zeros", name="visible_bias")
        self.built = True

    def hidden_probabilities(self, visible: Any) -> Any:
        """The code, `(B, V)` to `(B, H)`."""
        return ops.sigmoid(ops.matmul(visible, self.kernel) + self.hidden_bias)

    def output_input(self, hidden: Any) -> Any:
        """Pre-activations of the output units: `(B, H)` to `(B, V)`."""
        return ops.matmul(hidden, ops.transpose(self.kernel)) + self.visible_bias

    def visible_means(self, hidden: Any) -> Any:
        """The reconstruction from a code, `(B, H)` to `(B, V)`."""
        pre_activations = self.output_input(hidden)
        return ops.sigmoid(pre_activations) if self.output_kind == "sigmoid" else pre_activations

    def call(self, inputs):
        return self.visible_means(self.hidden_probabilities(inputs))

    def get_config(self):
        return {
            **super().get_config(),
            "inputs": self.inputs,
            "hidden_units": self.hidden_units,
            "output": self.output_kind,
            "seed": self.seed,
        }
