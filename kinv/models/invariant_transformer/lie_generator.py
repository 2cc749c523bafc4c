"""The generator of affine maps that fill what a network ignores: from control parameters to matrices."""

import keras
import numpy as np

from kinv.ops import lie

from .reach_generator import ReachGenerator

LIMIT_OF_SPACE = 1.5  # of a generator's reach: turns by 60 degrees either way, three times the size
LIMIT_OF_COLOR = 0.4  # half as much contrast again; images saturate beyond, and few directions take all of the volume
# Mean products of two of a pixel's numbers, the last of which is 1: of places in an image, in -1..1; of grey levels,
# and of red, green and blue, in 0..1, in 200 photographs of ImageNet.
PLACES = np.diag([1 / 3, 1 / 3, 1.0])
GREYS = np.array([[0.28, 0.46], [0.46, 1.0]])
COLORS = np.array(
    [
        [0.319, 0.297, 0.265, 0.497],
        [0.297, 0.290, 0.261, 0.471],
        [0.265, 0.261, 0.251, 0.419],
        [0.497, 0.471, 0.419, 1.0],
    ]
)
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
        """How far pixels move, or photographs' colours change: the norm of these rows `(any, G)` times sizes."""
        pixels = np.linalg.cholesky({1: GREYS, 2: PLACES, 3: COLORS}[self.rows])
        return np.stack([(generator @ pixels).ravel() for generator in self.generators.values()], axis=1)

    def compute_output_shape(self, k_shape):
        return k_shape[0], self.rows, self.rows + 1

    def get_config(self):
        return {**super().get_config(), "rows": self.rows, "symmetric": self.symmetric}
