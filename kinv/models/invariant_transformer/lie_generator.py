"""The generator of a family that fills what a network ignores: from control parameters to affine matrices."""

import math

import keras
import numpy as np
from keras import ops

from kinv.ops import lie
from kinv.precision import Float32

NEUTRAL = 0.5  # the control parameters of the identity
LONGEST = 0.3  # norm of a step: what one batch says is mostly chance
LIMIT_OF_SPACE = 1.5  # of a generator's reach: turns by 60 degrees either way, three times the size
LIMIT_OF_COLOR = 0.4  # half as much contrast again; images saturate beyond, and few directions take all of the volume
START_OF_SPACE, START_OF_COLOR = 0.06, 0.09  # how far matrices reach in every direction before training


@keras.saving.register_keras_serializable("kinv")
class LieGenerator(Float32, keras.layers.Layer):
    """Maps `k` to `exp(sum_g x_g G_g)`, `x = R (2 k - 1)`: a linear flow in the Lie algebra.

    There are as many control parameters as generators `G_g`: six of space, twelve of the colours of RGB (see
    `kinv.ops.lie`). The family is symmetric about the identity, at `k = 1/2`: `k` and `1 - k` give a matrix and its
    inverse. The columns of `R`, the reach, are the directions in which the family goes, and how far.

    An optimizer changes `step`, which stands for `R exp(step)` and is zero between steps (`take_step`). So it works in
    units of the family itself: a step of 0.1 changes every direction by a tenth of its reach, be it long or short, and
    the gradient of the log-volume with respect to it is the identity. This is the natural gradient of a normal
    distribution (Glasmachers et al. 2010, "Exponential Natural Evolution Strategies", section 3).

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
        in_space = rows == 2
        self.start = START_OF_SPACE if in_space else START_OF_COLOR
        self.limit = LIMIT_OF_SPACE if in_space else LIMIT_OF_COLOR

    def build(self, k_shape):
        shape = (self.controls, self.controls)
        self.reach = self.add_weight(
            shape=shape,
            initializer=keras.initializers.Identity(self.start),
            trainable=False,
            aggregation="mean",
            name="reach",
        )
        self.step = self.add_weight(shape=shape, initializer="zeros", aggregation="mean", name="step")

    def take_step(self):
        """Moves the reach by `step`, of norm 0.3 at most, and sets that to zero.

        Where a network ignores a generator altogether, the family would grow without end: its reach ends at `limit`.
        """
        step = ops.convert_to_tensor(self.step)
        step = step * (LONGEST / ops.maximum(ops.norm(step), LONGEST))
        reach = ops.matmul(ops.convert_to_tensor(self.reach), lie.matrix_exponential(step))
        longest = ops.norm(reach, axis=1, keepdims=True)
        self.reach.assign(reach * ops.minimum(1.0, self.limit / longest))
        self.step.assign(ops.zeros_like(self.step))

    def sizes(self, k):
        """How much of each generator is in the matrices, `(B, G)`."""
        return ops.matmul(2 * ops.cast(k, "float32") - 1, ops.transpose(ops.convert_to_tensor(self.reach)))

    def at(self, sizes):
        """The matrices for sizes of the generators, `(B, G)`."""
        return lie.exponential(lie.combined(self.generators, sizes))

    def call(self, k):
        return self.at(self.sizes(k))

    def log_volume(self):
        """Half the logarithm of the determinant of the covariance of `x` for uniform `k`, in nats."""
        triangle = ops.qr(ops.convert_to_tensor(self.reach))[1]  # XLA has no determinant
        return ops.sum(ops.log(ops.abs(ops.diagonal(triangle)))) - self.controls * math.log(3) / 2

    def plane(self, points):
        """Control parameters `(B, G)` at points `(B, 2)` in 0..1 of the plane in which the family reaches farthest.

        It is spanned by the two largest principal directions of the family; (1/2, 1/2) is the identity.
        """
        _, _, directions = np.linalg.svd(ops.convert_to_numpy(self.reach))
        pair = directions[:2]
        pair = pair * np.sign(pair[np.arange(2), np.abs(pair).argmax(axis=1)])[:, None]
        pair = pair / np.abs(pair).sum(axis=0).max()  # so that k stays in 0..1 in the corners too
        return NEUTRAL + ops.matmul(ops.cast(points, "float32") - NEUTRAL, ops.convert_to_tensor(pair, "float32"))

    def compute_output_shape(self, k_shape):
        return k_shape[0], self.rows, self.rows + 1

    def get_config(self):
        return {**super().get_config(), "rows": self.rows}
