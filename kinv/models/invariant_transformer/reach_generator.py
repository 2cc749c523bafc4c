"""What the generators of the largest family share: control parameters, reach in every direction, and its steps."""

import math

import keras
import numpy as np
from keras import ops

from kinv.ops import lie
from kinv.precision import Float32

from .corners import pair_of_groups

NEUTRAL = 0.5  # the control parameters of the identity
LONGEST = 0.3  # norm of a step: what one batch says is mostly chance
MOST_LEANING = 2.0  # of `lean`: the longer side is 54 times the shorter one
SHORTEST = 1e-12  # norm of a row


class ReachGenerator(Float32, keras.layers.Layer):
    """Maps `k` to sizes `x = R u`, `u = 2 k - 1`, of `G` ways to change an image, with as many control parameters.

    By default the family is symmetric about the identity, which is at `k = 1/2`. The columns of `R`, the reach, are the
    directions in which the family goes, and how far.

    A network can ignore more on one side: it may take a contrast of ten times, but not of a tenth. So a family that is
    not symmetric has two lengths for each direction: `x = R (u + t |u|) / sqrt(1 + t^2)`, where `t = tanh(c)`, the
    lean, is learned. It still goes both ways, with the identity at `k = 1/2`, and as far on average, whatever the lean.

    An optimizer changes `step`, which stands for `R exp(step)` and is zero between steps (`take_step`). So it works in
    units of the family itself: a step of 0.1 changes every direction by a tenth of its reach, be it long or short, and
    the gradient of the log-volume with respect to it is the identity. This is the natural gradient of a normal
    distribution (Glasmachers et al. 2010, "Exponential Natural Evolution Strategies", section 3).

    Args:
        controls: `G`.
        start: how far the family reaches in every direction before training.
        limit: norm of a row of `R` at most: where a network ignores something altogether, it would grow without end.
        symmetric: whether the family reaches as far on both sides.

    Call arguments:
        k: float tensor `(B, G)` in 0..1.
        factors: how much farther each member goes along every direction, `(B, G)`; None: no farther.

    Returns:
        What `at` makes of the sizes `(B, G)`.
    """

    neutral = NEUTRAL

    def __init__(self, controls: int, start: float, limit: float, symmetric: bool = True, **kwargs):
        super().__init__(**kwargs)
        self.controls, self.start, self.limit, self.symmetric = controls, start, limit, symmetric

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
        self.lean = None
        if not self.symmetric:
            self.lean = self.add_weight(shape=(self.controls,), initializer="zeros", aggregation="mean", name="lean")

    def take_step(self):
        """Moves the reach by `step`, of norm 0.3 at most, and sets that to zero; rows and lean end at their limits."""
        step = ops.convert_to_tensor(self.step)
        step = step * (LONGEST / ops.maximum(ops.norm(step), LONGEST))
        reach = ops.matmul(ops.convert_to_tensor(self.reach), lie.matrix_exponential(step))
        self.reach.assign(self._limited(reach))
        self.step.assign(ops.zeros_like(self.step))
        if self.lean is not None:
            self.lean.assign(ops.clip(self.lean, -MOST_LEANING, MOST_LEANING))

    def _limited(self, reach):
        """Shortens rows that are too long by a step, as training takes them, against the gradient of their norms.

        Were they scaled instead, all columns would shrink alike, and in the end the fastest one would be all of them.
        """
        rows, norms = _directions(reach)
        over = ops.log(ops.maximum(norms / self.limit, 1.0))
        back = ops.matmul(ops.transpose(rows), ops.minimum(over, LONGEST) * rows)
        back = back * (LONGEST / ops.maximum(ops.norm(back), LONGEST))
        rows, norms = _directions(ops.matmul(reach, lie.matrix_exponential(-back)))
        return rows * ops.minimum(norms, self.limit)

    def along(self, k):
        """How far members go along every direction, `(B, G)`, in units of its reach: `u`, or as the lean has it."""
        sides = 2 * ops.cast(k, "float32") - 1
        if self.lean is None:
            return sides
        lean = ops.tanh(ops.convert_to_tensor(self.lean))
        return (sides + lean * ops.abs(sides)) / ops.sqrt(1 + ops.square(lean))

    def leaning(self, k):
        """What `along` gains with `lean`, `(B, G)`."""
        sides, lean = 2 * ops.cast(k, "float32") - 1, ops.tanh(ops.convert_to_tensor(self.lean))
        squared = ops.square(lean)
        return (ops.abs(sides) - lean * sides) * (1 - squared) / (1 + squared) ** 1.5

    def reached(self, along):
        """What members stand for that go so far along every direction, `(B, G)`."""
        return self.at(ops.matmul(along, ops.transpose(ops.convert_to_tensor(self.reach))))

    def at(self, sizes):
        """What sizes `(B, G)` stand for."""
        raise NotImplementedError

    def call(self, k, factors=None):
        along = self.along(k)
        return self.reached(along if factors is None else factors * along)

    def log_volume(self):
        """Half the logarithm of the determinant of the covariance of `x` for uniform `k`, in nats."""
        triangle = ops.qr(ops.convert_to_tensor(self.reach))[1]  # XLA has no determinant
        reached = ops.sum(ops.log(ops.abs(ops.diagonal(triangle)))) - self.controls * math.log(3) / 2
        if self.lean is None:
            return reached
        squared = ops.square(ops.tanh(ops.convert_to_tensor(self.lean)))  # variance (1/3 + t^2 / 12) / (1 + t^2)
        return reached + ops.sum(ops.log1p(squared / 4) - ops.log1p(squared)) / 2

    def visible(self) -> np.ndarray:
        """How much a change is seen: the norm of these rows, `(any, G)`, times the sizes of the generators."""
        return np.eye(self.controls)

    def plane(self, points):
        """Control parameters `(B, G)` at points `(B, 2)` in 0..1 of a plane whose corners are very different members.

        Every control parameter follows one of the two coordinates, as `pair_of_groups` has it for what is `visible`;
        (1/2, 1/2) is the identity.
        """
        seen = self.visible() @ ops.convert_to_numpy(self.reach)
        pair = pair_of_groups(seen, lambda u: ops.convert_to_numpy(self.along(NEUTRAL + u / 2)) @ seen.T)
        return NEUTRAL + ops.matmul(ops.cast(points, "float32") - NEUTRAL, ops.convert_to_tensor(pair, "float32"))


def _directions(reach):
    """Rows of norm 1, `(G, G)`, and their norms `(G, 1)`."""
    norms = ops.maximum(ops.norm(reach, axis=1, keepdims=True), SHORTEST)
    return reach / norms, norms
