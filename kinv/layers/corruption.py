"""Corruption of the inputs of denoising autoencoders, and of the features of the coupled generator."""

import math
from typing import Any

import keras
from keras import ops

from kinv.choices import checked_choice
from kinv.precision import Float32

KINDS = ("masking", "salt_and_pepper", "gaussian", "multiplicative")
NOISE = ("gaussian", "multiplicative")  # for these, the rate is a standard deviation
LARGEST = 2**31 - 1  # int32


@keras.saving.register_keras_serializable("kinv")
class Corruption(Float32, keras.layers.Layer):
    """Corrupts part of every vector, in training only.

    Vincent et al. 2008, section 2.3, and Erhan, Courville and Bengio 2010, section 3: a random subset of the entries,
    **of fixed size**, is set to 0 (`"masking"`) or to 0 or 1 with equal probability (`"salt_and_pepper"`).
    `"gaussian"` adds Gaussian noise to all entries, `"multiplicative"` multiplies them by Gaussian noise around 1: the
    perturbations of Despraz et al. 2017, equation 1 (`keras.layers.GaussianNoise` allows no `stddev` above 1).

    Args:
        kind: one of the four above.
        rate: share of the entries, in [0, 1); for noise, the standard deviation.
        high, low: values of salt and pepper; default 1 and 0.
        seed: seeds the random draws; None: any.

    Call arguments:
        inputs: float tensor `(B, V)`; for noise, of any shape.
        training: whether inputs are corrupted.

    Raises:
        ValueError: if `kind` is unknown, or `rate` is out of range.
    """

    def __init__(
        self,
        kind: str = "masking",
        rate: float = 0.25,
        high: float = 1.0,
        low: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        checked_choice("kind", kind, KINDS)
        if not 0 <= rate < (math.inf if kind in NOISE else 1):
            raise ValueError(f"rate must lie in [0, 1), or for noise be finite, not negative, received {rate}")
        self.kind, self.rate, self.high, self.low, self.seed = kind, rate, high, low, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=None):
        if not training or not self.rate:
            return inputs
        if self.kind in NOISE:
            noise = self.rate * keras.random.normal(ops.shape(inputs), seed=self.seed_generator)
            return inputs + noise if self.kind == "gaussian" else inputs * (1 + noise)
        chosen = self._subset(inputs)
        if self.kind == "masking":
            return ops.where(chosen, ops.zeros_like(inputs), inputs)
        coin = keras.random.uniform(ops.shape(inputs), seed=self.seed_generator) < 0.5
        return ops.where(chosen, ops.where(coin, self.high, self.low), inputs)

    def _subset(self, inputs):
        """True at `round(rate V)` entries of every row, all subsets equally likely."""
        width = inputs.shape[-1]
        count = round(self.rate * width)
        if not count:
            return ops.zeros_like(inputs, dtype="bool")
        # random numbers that are distinct within a row, so that exactly `count` of them are the largest
        numbers = keras.random.randint(ops.shape(inputs), 0, LARGEST // width, dtype="int32", seed=self.seed_generator)
        numbers = numbers * width + ops.arange(width, dtype="int32")
        least = ops.top_k(numbers, count, sorted=True)[0][..., -1:]
        return numbers >= least

    def save_own_variables(self, store):
        # Keras does not save the generator's state; without it, resumed training would draw other numbers.
        store["random_state"] = ops.convert_to_numpy(self.seed_generator.state)

    def load_own_variables(self, store):
        self.seed_generator.state.assign(store["random_state"][...])

    def get_config(self):
        return {
            **super().get_config(),
            "kind": self.kind,
            "rate": self.rate,
            "high": self.high,
            "low": self.low,
            "seed": self.seed,
        }
