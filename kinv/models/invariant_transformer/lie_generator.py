"""The generator of affine maps that fill what a network ignores: from control parameters to matrices."""

import keras
import numpy as np

from kinv.ops import lie

from .reach_generator import ReachGenerator

LIMIT_OF_SPACE = 1.5  # of a generator's reach: turns by 60 degrees either way, three times the size
LIMIT_OF_COLOR = 0.4  # half as much contrast again; images saturate beyond, and few directions take all of the volume
SEEN = [0.9, 0.1, 0.15]  # root mean square of light, red-green and blue-yellow in 200 photographs, of 255
START_OF_SPACE, START_OF_COLOR = 0.06, 0.09


@keras.saving.register_keras_serializable("kinv")
class LieGenerator(ReachGenerator):
    """Maps `k` to `exp(sum_g x_g G_g)`, with the sizes `x` of `ReachGenerator`: a flow in the Lie algebra.

    There are as many control parameters as generators `G_g`: six of space, twelve of the colours of RGB (see
    `kinv.ops.lie`). `k` and `1 - k` give a matrix and its inverse, unless the family has two lengths for each direction
    (`ReachGenerator`).

    Args:
        rows: of the matrices: 2 for space, else the number of channels, 1 or 3.
        symmetric: whether it reaches as far on both sides of every direction.

    Call arguments:
        k: float tensor `(B, G)` in 0..1.

    Returns:
        Tensor `(B, rows, rows + 1)`.

    Raises:
        ValueError: `rows` is neither 1, 2 nor 3.
    """

    def __init__(self, rows: int, symmetric: bool = True, **kwargs):
        if rows not in (1, 2, 3):
            raise ValueError(f"rows must be 1, 2 or 3, received {rows}")
        generators = lie.SPACE if rows == 2 else lie.color_generators(rows)
        start, limit = (START_OF_SPACE, LIMIT_OF_SPACE) if rows == 2 else (START_OF_COLOR, LIMIT_OF_COLOR)
        super().__init__(len(generators), start, limit, symmetric, **kwargs)
        self.rows, self.generators = rows, generators

    def at(self, sizes):
        """The matrices for sizes of the generators, `(B, G)`."""
        return lie.exponential(lie.combined(self.generators, sizes))

    def visible(self):
        """How much a change of every generator's size is seen, `(G,)`: of colours, by what photographs have of them."""
        if self.rows != 3:
            return super().visible()
        return np.array([*SEEN * 3, *[1.0] * 3])  # an axis gets something of each of three axes, or is shifted

    def compute_output_shape(self, k_shape):
        return k_shape[0], self.rows, self.rows + 1

    def get_config(self):
        return {**super().get_config(), "rows": self.rows, "symmetric": self.symmetric}
