"""A linear decoder with the statistics of photographs: from amplitudes of cosine waves to an image."""

from typing import Any

import keras
from keras import ops

from kinv.ops.dct import cosine_basis, from_waves
from kinv.ops.spectrum import principal_colors, wave_deviations
from kinv.precision import Float32

MAX_SIZE = 4096  # pixels: the cosine basis is a matrix of size x size


@keras.saving.register_keras_serializable("kinv")
class SpectralDecoder(Float32, keras.layers.Layer):
    """Turns features into an image: each is the amplitude of a cosine wave in a principal colour of photographs.

    A feature of 1 is one standard deviation of that wave in photographs. Independent standard normal features thus
    give images with the power spectrum and colours of photographs. Equal steps of all features are large at low
    frequencies and small at high ones. This is the decoder of the optimal linear autoencoder for images with
    stationary statistics (waves are then their principal components), and `adapt` is its pretraining.

    Args:
        size: side of the images in pixels.
        channels: 3 or 1.
        limit: bound on amplitudes, in standard deviations, by a hyperbolic tangent; `None`: no bound.

    Call arguments:
        features: float tensor `(B, size * size * channels)`.

    Returns:
        Float tensor `(B, size, size, channels)` around 0, in the units of the photographs it was adapted to.

    Raises:
        ValueError: if `size`, `channels` or `limit` is not positive, or `size` exceeds 4,096.
    """

    def __init__(self, size: int, channels: int = 3, limit: float | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not 1 <= size <= MAX_SIZE or channels < 1:
            raise ValueError(f"size must be 1 to {MAX_SIZE} and channels positive, received {size} and {channels}")
        if limit is not None and not limit > 0:
            raise ValueError(f"limit must be positive, received {limit}")
        self.size, self.channels, self.limit = size, channels, limit
        self.deviation = self.add_weight(
            shape=(size, size, channels), initializer="ones", trainable=False, name="deviation"
        )
        self.colors = self.add_weight(
            shape=(channels, channels), initializer="identity", trainable=False, name="colors"
        )
        self.basis = ops.convert_to_tensor(cosine_basis(size))
        self.built = True

    def adapt(self, images: Any) -> None:
        """Estimates principal colours and waves' standard deviations from photographs `(N, size, size, channels)`.

        Raises:
            ValueError: if the images have another shape, or there are fewer than two.
        """
        images = ops.convert_to_numpy(images).astype("float32")
        if images.shape[1:] != (self.size, self.size, self.channels) or len(images) < 2:
            raise ValueError(
                f"images must have shape (at least 2, {self.size}, {self.size}, {self.channels}), received "
                f"{images.shape}"
            )
        colors = principal_colors(images)
        self.colors.assign(colors.T)
        self.deviation.assign(wave_deviations(images, colors))

    def call(self, features):
        if self.limit is not None:
            features = self.limit * ops.tanh(features / self.limit)
        amplitudes = ops.reshape(features, (-1, self.size, self.size, self.channels)) * self.deviation
        waves = from_waves(amplitudes, self.basis, self.basis)
        return ops.matmul(waves, self.colors)

    def get_config(self):
        return {**super().get_config(), "size": self.size, "channels": self.channels, "limit": self.limit}
