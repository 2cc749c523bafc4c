"""The discriminator of the Filter GAN and, on the same trunk, the head that reads the latent code."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kinv.layers.seeds import seed_of
from kinv.precision import Float32


@keras.saving.register_keras_serializable("kinv")
class ActivationDiscriminator(Float32, keras.layers.Layer):
    """D and Q: do activations come from real filters, and if not, from which latent code?

    "Parametrizing filters of a CNN with a GAN", section 3 and Algorithm 1: Q shares all layers but the last with D.
    Both see only activations, never the filters. The paper does not give the architecture; here it is strided
    convolutions, a dense layer, and a linear layer each. Activations are normalised per channel with the mean and
    variance of the real ones (`adapt`).

    Args:
        activation_shape: shape `(H, W, F)` of the convolution's output.
        latent_dim: length of the latent code.
        width: channels of the first convolution; each further one has twice as many, up to 128.
        noise: standard deviation of the noise added to normalised activations in training.
        seed: seeds the weights and the noise; None: any.

    Call arguments:
        activations: float tensor `(B, H, W, F)`.
        training: whether noise is added.

    Returns:
        Logits of "real", `(B,)`, and estimated latent codes, `(B, Z)`.
    """

    LARGEST_MAP, WIDEST = 4, 128  # convolutions halve the map down to this side, and have at most so many channels

    def __init__(
        self,
        activation_shape: Sequence[int],
        latent_dim: int,
        width: int = 32,
        noise: float = 1.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.activation_shape, self.latent_dim = tuple(activation_shape), latent_dim
        self.width, self.noise, self.seed = width, noise, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.normalization = keras.layers.BatchNormalization(
            momentum=0.9, center=False, scale=False, name="normalization"
        )
        self.trunk, length, channels = [], max(self.activation_shape[:2]), width
        while length > self.LARGEST_MAP:
            number = len(self.trunk)
            self.trunk.append(
                keras.layers.Conv2D(
                    channels,
                    3,
                    2,
                    "same",
                    activation="silu",
                    kernel_initializer=self._start(number),
                    name=f"trunk{number}",
                )
            )
            length, channels = math.ceil(length / 2), min(2 * channels, self.WIDEST)
        self.trunk.append(keras.layers.Flatten())
        self.trunk.append(keras.layers.Dense(self.WIDEST, "silu", kernel_initializer=self._start(100), name="trunk"))
        self.real = keras.layers.Dense(1, kernel_initializer=self._start(101), name="real")
        self.code = keras.layers.Dense(latent_dim, kernel_initializer=self._start(102), name="code")

    def _start(self, number):
        return keras.initializers.HeNormal(seed_of(self.seed, number))

    def build(self, activations_shape):
        shape = (None, *self.activation_shape)
        self.normalization.build(shape)
        for layer in self.trunk:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        self.real.build(shape)
        self.code.build(shape)

    def adapt(self, activations: Any) -> None:
        """Updates the running mean and variance with real activations `(B, H, W, F)`, per channel."""
        self.normalization(activations, training=True)

    def call(self, activations, training=None):
        x = self.normalization(activations, training=False)
        if training and self.noise:
            x = x + self.noise * keras.random.normal(ops.shape(x), seed=self.seed_generator)
        x = self._through_trunk(x)
        return self.real(x)[:, 0], self.code(x)

    def read_codes(self, activations: Any, reads: int = 8) -> Any:
        """Estimated latent codes `(B, Z)`: the mean over `reads` noise draws, as in training; deterministic."""
        x, total = self.normalization(activations, training=False), 0.0
        reads = reads if self.noise else 1
        for seed in range(reads):
            noise = keras.random.normal(ops.shape(x), seed=seed) if self.noise else 0.0
            total = total + self.code(self._through_trunk(x + self.noise * noise))
        return total / reads

    def _through_trunk(self, x):
        for layer in self.trunk:
            x = layer(x)
        return x

    def get_config(self):
        return {
            **super().get_config(),
            "activation_shape": list(self.activation_shape),
            "latent_dim": self.latent_dim,
            "width": self.width,
            "noise": self.noise,
            "seed": self.seed,
        }
