"""The generators of the Invariant Transformer Net: from control parameters to affine matrices."""

from collections.abc import Sequence

import keras
from keras import ops

from kinv.layers.seeds import seed_of
from kinv.precision import Float32


@keras.saving.register_keras_serializable("kinv")
class MatrixGenerator(Float32, keras.layers.Layer):
    """Two dense ReLU layers and a linear one that map `k` to an affine matrix (Bunne et al., figure 1).

    The matrix is the identity plus the output of the last layer. That layer starts small, not at zero: at the identity
    itself the transformation loss has no gradient, and training would never start. The hidden biases start at random
    and `k` is centred, so that no `k` silences all ReLUs. With zero biases the matrix hardly leaves the identity where
    the input of the layers is zero, and moves too far elsewhere.

    Args:
        rows, columns: shape of the matrix: (2, 3) for space, (3, 4) for colour.
        hidden_units: widths of the ReLU layers.
        seed: seeds the initial weights; None: any.
        gain: scales the difference from the identity. Adam's steps do not depend on the scale of gradients. So
            this, not a loss weight, sets how fast one generator changes relative to another.

    Call arguments:
        k: float tensor `(B, 2)` in 0..1.

    Returns:
        Tensor `(B, rows, columns)`.
    """

    controls = 2  # numbers in `k`
    INITIAL_STD = 5e-3  # of the last layer's weights: matrices start within about 0.2 of the identity

    def __init__(
        self,
        rows: int,
        columns: int,
        hidden_units: Sequence[int] = (64, 64),
        seed: int | None = None,
        gain: float = 1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if rows < 1 or columns < 1 or not hidden_units or min(hidden_units) < 1:
            raise ValueError(
                f"rows, columns and hidden_units must be positive, received {rows}, {columns} and {hidden_units}"
            )
        if not gain > 0:
            raise ValueError(f"gain must be positive, received {gain}")
        self.rows, self.columns, self.hidden_units = rows, columns, tuple(hidden_units)
        self.seed, self.gain = seed, gain
        self.hidden = [
            keras.layers.Dense(
                units,
                "relu",
                kernel_initializer=keras.initializers.HeNormal(seed_of(seed, index)),
                bias_initializer=keras.initializers.RandomUniform(-1.0, 1.0, seed_of(seed, 100 + index)),
                name=f"hidden{index}",
            )
            for index, units in enumerate(self.hidden_units)
        ]
        initializer = keras.initializers.RandomNormal(0.0, self.INITIAL_STD, seed_of(seed, len(self.hidden_units)))
        self.difference = keras.layers.Dense(rows * columns, kernel_initializer=initializer, name="difference")

    def build(self, k_shape):
        shape = tuple(k_shape)
        for layer in (*self.hidden, self.difference):
            layer.build(shape)
            shape = (*shape[:-1], layer.units)

    def call(self, k):
        k = 2 * k - 1
        for layer in self.hidden:
            k = layer(k)
        difference = self.gain * ops.reshape(self.difference(k), (-1, self.rows, self.columns))
        return ops.eye(self.rows, self.columns, dtype=difference.dtype) + difference

    def plane(self, points):
        """Control parameters `(B, 2)` at points `(B, 2)` in 0..1: the same."""
        return ops.cast(points, "float32")

    def compute_output_shape(self, k_shape):
        return (k_shape[0], self.rows, self.columns)

    def get_config(self):
        return {
            **super().get_config(),
            "rows": self.rows,
            "columns": self.columns,
            "hidden_units": self.hidden_units,
            "seed": self.seed,
            "gain": self.gain,
        }
