"""The generator of a family that fills what a network ignores: from control parameters to affine matrices."""

import math

import keras
import numpy as np
from keras import ops

from kinv.ops import lie
from kinv.precision import Float32

NEUTRAL = 0.5  # the control parameters of the identity
LIMIT = 2.5  # of `exp` of the diagonal of `W`: turns by 100 degrees either way, twelve times the contrast of an axis
START_OF_SPACE, START_OF_COLOR = 0.06, 0.09  # how far matrices reach in every direction before training


def _limited(weight):
    """A constraint: where a network ignores a generator altogether, the family would grow without end."""
    beyond = ops.relu(weight - math.log(LIMIT))
    return weight - beyond * ops.convert_to_tensor(np.eye(weight.shape[0]), weight.dtype)


@keras.saving.register_keras_serializable("kinv")
class LieGenerator(Float32, keras.layers.Layer):
    """Maps `k` to `exp(sum_g x_g G_g)`, `x = exp(W) (2 k - 1)`: a linear flow in the Lie algebra.

    There are as many control parameters as generators `G_g`: six of space, twelve of the colours of RGB (see
    `kinv.ops.lie`). The family is symmetric about the identity, at `k = 1/2`: `k` and `1 - k` give a matrix and its
    inverse. The columns of `exp(W)` are the directions in which it reaches, and the trace of `W` is the logarithm of
    the factor by which volumes grow.

    Args:
        rows: of the matrices: 2 for space, else the number of channels, 1 or 3.

    Call arguments:
        k: float tensor `(B, G)` in 0..1.

    Returns:
        Tensor `(B, rows, rows + 1)`.

    Raises:
        ValueError: `rows` is neither 1, 2 nor 3.
    """

    neutral = NEUTRAL

    def __init__(self, rows: int, **kwargs):
        super().__init__(**kwargs)
        if rows not in (1, 2, 3):
            raise ValueError(f"rows must be 1, 2 or 3, received {rows}")
        self.rows = rows
        self.generators = lie.SPACE if rows == 2 else lie.color_generators(rows)
        self.controls = len(self.generators)
        self.start = START_OF_SPACE if rows == 2 else START_OF_COLOR

    def build(self, k_shape):
        start = keras.initializers.Identity(math.log(self.start))
        self.weight = self.add_weight(
            shape=(self.controls, self.controls), initializer=start, constraint=_limited, name="weight"
        )

    def reach(self):
        """`exp(W)`, `(G, G)`: how far every control parameter reaches along the generators."""
        return lie.matrix_exponential(ops.convert_to_tensor(self.weight))

    def inverse_reach(self):
        """`exp(-W)`, the inverse of `reach()`."""
        return lie.matrix_exponential(-ops.convert_to_tensor(self.weight))

    def sizes(self, k):
        """How much of each generator is in the matrices, `(B, G)`."""
        return ops.matmul(2 * ops.cast(k, "float32") - 1, ops.transpose(self.reach()))

    def at(self, sizes):
        """The matrices for sizes of the generators, `(B, G)`."""
        return lie.exponential(lie.combined(self.generators, sizes))

    def call(self, k):
        return self.at(self.sizes(k))

    def log_volume(self):
        """Half the logarithm of the determinant of the covariance of `x` for uniform `k`, in nats."""
        return ops.trace(self.weight) - self.controls * math.log(3) / 2

    def plane(self, points):
        """Control parameters `(B, G)` at points `(B, 2)` in 0..1 of the plane in which the family reaches farthest.

        It is spanned by the two largest principal directions of the family; (1/2, 1/2) is the identity.
        """
        _, _, directions = np.linalg.svd(ops.convert_to_numpy(self.reach()))
        pair = directions[:2]
        pair = pair * np.sign(pair[np.arange(2), np.abs(pair).argmax(axis=1)])[:, None]
        pair = pair / np.abs(pair).sum(axis=0).max()  # so that k stays in 0..1 in the corners too
        return NEUTRAL + ops.matmul(ops.cast(points, "float32") - NEUTRAL, ops.convert_to_tensor(pair, "float32"))

    def compute_output_shape(self, k_shape):
        return k_shape[0], self.rows, self.rows + 1

    def get_config(self):
        return {**super().get_config(), "rows": self.rows}
