"""Normal noise of any strength on features, in training."""

import math
from typing import Any

import keras
from keras import ops

KINDS = ("additive", "multiplicative")


@keras.saving.register_keras_serializable("kinv")
class GaussianPerturbation(keras.layers.Layer):
    """The random perturbation of equation 1 in Despraz et al. 2017: features plus, or times, normal numbers.

    `keras.layers.GaussianNoise` refuses deviations above 1; the paper's is 2.

    Args:
        stddev: standard deviation, at least 0.
        kind: `"additive"`, with mean 0, or `"multiplicative"`, with mean 1.
        seed: of the draws.

    Call arguments:
        features: float tensor `(B, F)`.
        training: whether they are perturbed.

    Raises:
        ValueError: an unknown kind, or a deviation that is negative or not finite.
    """

    def __init__(self, stddev: float, kind: str = "additive", seed: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {KINDS}, received {kind!r}")
        if not 0 <= stddev < math.inf:
            raise ValueError(f"stddev must be at least 0 and finite, received {stddev}")
        self.stddev, self.kind, self.seed = stddev, kind, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, features, training=None):
        if not training or not self.stddev:
            return features
        noise = keras.random.normal(ops.shape(features), stddev=self.stddev, seed=self.seed_generator)
        return features + noise if self.kind == "additive" else features * (1 + noise)

    def get_config(self):
        return {**super().get_config(), "stddev": self.stddev, "kind": self.kind, "seed": self.seed}
