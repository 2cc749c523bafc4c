"""What the generators of the largest family share: control parameters, reach in every direction, and its steps."""

import math

import keras
import numpy as np
from keras import ops

from kinv.ops import lie
from kinv.precision import Float32

NEUTRAL = 0.5  # the control parameters of the identity
LONGEST = 0.3  # norm of a step: what one batch says is mostly chance


class ReachGenerator(Float32, keras.layers.Layer):
    """Maps `k` to sizes `x = R (2 k - 1)` of `G` ways to change an image, with as many control parameters.

    The family is symmetric about the identity, which is at `k = 1/2`. The columns of `R`, the reach, are the
    directions in which the family goes, and how far.

    An optimizer changes `step`, which stands for `R exp(step)` and is zero between steps (`take_step`). So it works in
    units of the family itself: a step of 0.1 changes every direction by a tenth of its reach, be it long or short, and
    the gradient of the log-volume with respect to it is the identity. This is the natural gradient of a normal
    distribution (Glasmachers et al. 2010, "Exponential Natural Evolution Strategies", section 3).

    Args:
        controls: `G`.
        start: how far the family reaches in every direction before training.
        limit: norm of a row of `R` at most: where a network ignores something altogether, it would grow without end.

    Call arguments:
        k: float tensor `(B, G)` in 0..1.

    Returns:
        What `at` makes of the sizes `(B, G)`.
    """

    neutral = NEUTRAL

    def __init__(self, controls: int, start: float, limit: float, **kwargs):
        super().__init__(**kwargs)
        self.controls, self.start, self.limit = controls, start, limit

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
        """Moves the reach by `step`, of norm 0.3 at most, and sets that to zero; rows end at `limit`."""
        step = ops.convert_to_tensor(self.step)
        step = step * (LONGEST / ops.maximum(ops.norm(step), LONGEST))
        reach = ops.matmul(ops.convert_to_tensor(self.reach), lie.matrix_exponential(step))
        longest = ops.norm(reach, axis=1, keepdims=True)
        self.reach.assign(reach * ops.minimum(1.0, self.limit / longest))
        self.step.assign(ops.zeros_like(self.step))

    def sizes(self, k):
        """How much of each way is in the members of the family, `(B, G)`."""
        return ops.matmul(2 * ops.cast(k, "float32") - 1, ops.transpose(ops.convert_to_tensor(self.reach)))

    def at(self, sizes):
        """What sizes `(B, G)` stand for."""
        raise NotImplementedError

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
        pair = np.resize(directions[:2], (2, self.controls))  # a family of one direction has no second one
        pair = pair * np.sign(pair[np.arange(2), np.abs(pair).argmax(axis=1)])[:, None]
        pair = pair / np.abs(pair).sum(axis=0).max()  # so that k stays in 0..1 in the corners too
        return NEUTRAL + ops.matmul(ops.cast(points, "float32") - NEUTRAL, ops.convert_to_tensor(pair, "float32"))
