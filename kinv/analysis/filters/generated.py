"""Generated filters at any movement, to be compared with others that move a layer's outputs as far."""

from typing import Any

import numpy as np
from keras import ops

from kinv.classifiers.patch_moments import PatchMoments

from .baselines import Added, FilterSets

FARTHEST = 8.0  # times as far as the codes themselves


class Coded:
    """The filters of codes that grow with the size: with a `movement`, theirs says how far filters go.

    Args:
        gan: a `FilterGAN` with a movement.
        codes: `(S, Z)`.
    """

    def __init__(self, gan: Any, codes: np.ndarray):
        self.gan, self.codes, self.count, self.largest = gan, codes, len(codes), FARTHEST

    def kernels(self, sizes: np.ndarray) -> np.ndarray:
        """See `FilterSets`."""
        codes = (sizes[:, None] * self.codes).astype("float32")
        return ops.convert_to_numpy(self.gan.generate_filters(codes)).astype("float64")


def generated_sets(gan: Any, codes: np.ndarray, moments: PatchMoments) -> FilterSets:
    """The filters of codes `(S, Z)`, nearer and farther; without a movement, on a straight line from the real ones."""
    if gan.movement is not None:
        return Coded(gan, codes)
    return Added(moments, ops.convert_to_numpy(gan.generate_filters(codes)) - moments.kernel, FARTHEST)
