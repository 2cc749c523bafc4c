"""The control of a latent space of filters: a random linear code that moves outputs as far."""

from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.classifiers.patch_moments import PatchMoments

from .baselines import whitened

SMALLEST = 1e-12


class LinearCode:
    """The real filters plus a weighted sum of whitened noise, which moves outputs as far as a Filter GAN of that code.

    It can take the GAN's place in `kinv.match_activations`.

    Args:
        gan: a `FilterGAN` with its classifier.
        moments: of what its layer sees.
        seed: of the noise.
    """

    def __init__(self, gan: Any, moments: PatchMoments, seed: int = 0):
        self.gan, self.moments = gan, moments
        self.cut, self.latent_dim = gan.cut, gan.latent_dim
        self.noise = whitened(moments, self.latent_dim, np.random.default_rng(seed)).drawn

    def generate_filters(self, z: Any) -> Any:
        """Filters `(B, rows, columns, C / groups, F)` for codes `(B, Z)`."""
        moments, codes = self.moments, ops.convert_to_numpy(z).astype("float64")
        added = np.tensordot(codes, self.noise, 1)
        far = moments.movements(ops.convert_to_numpy(self.gan.generate_filters(z)))
        scale = far / np.maximum(moments.movements(moments.kernel + added), SMALLEST)
        return keras.ops.convert_to_tensor(moments.kernel + scale[:, None, None, None, None] * added, "float32")
