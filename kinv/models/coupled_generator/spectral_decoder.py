"""A linear decoder with the statistics of photographs: amplitudes of waves to an image."""

from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.ops.dct import cosine_basis, from_waves, to_waves

MAX_SIZE = 4096  # pixels: the waves of a side are a matrix of its square


@keras.saving.register_keras_serializable("kinv")
class SpectralDecoder(keras.layers.Layer):
    """Features to an image: each is the amplitude of one cosine wave in one principal colour of photographs.

    A feature of 1 is one standard deviation of that wave in photographs. So features that are independent normal
    numbers make images with photographs' power spectrum and colours, and equal steps of all features are large at
    low frequencies and small at high ones. It is the decoder of the best linear autoencoder of images whose
    statistics are the same everywhere (waves are then their principal components), and `adapt` is its pretraining.

    Args:
        size: side of the images.
        channels: 3 or 1.
        limit: how many deviations a wave can come near to and not pass (hyperbolic tangent); none: it may be any.

    Call arguments:
        features: float tensor `(B, size * size * channels)`.

    Returns:
        Float tensor `(B, size, size, channels)` around 0, in the units of the images that it was adapted to.

    Raises:
        ValueError: a size or a limit that is not positive, or a size beyond 4,096.
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
        """Measures photographs, `(N, size, size, channels)`: their principal colours, and each wave's deviation.

        Raises:
            ValueError: images of another shape, or fewer than two.
        """
        images = ops.convert_to_numpy(images).astype("float32")
        if images.shape[1:] != (self.size, self.size, self.channels) or len(images) < 2:
            raise ValueError(
                f"images must have shape (at least 2, {self.size}, {self.size}, {self.channels}), received "
                f"{images.shape}"
            )
        flat = (images - images.mean(axis=(0, 1, 2))).reshape(-1, self.channels)
        _, colors = np.linalg.eigh(flat.T @ flat / len(flat))
        colored = flat.reshape(images.shape) @ colors
        waves = ops.convert_to_numpy(to_waves(colored, self.basis, self.basis))
        self.colors.assign(colors.T)
        self.deviation.assign(_smoothed(np.square(waves).mean(axis=0)))

    def call(self, features):
        if self.limit is not None:
            features = self.limit * ops.tanh(features / self.limit)
        amplitudes = ops.reshape(features, (-1, self.size, self.size, self.channels)) * self.deviation
        waves = from_waves(amplitudes, self.basis, self.basis)
        return ops.matmul(waves, self.colors)

    def get_config(self):
        return {**super().get_config(), "size": self.size, "channels": self.channels, "limit": self.limit}


def _smoothed(power: np.ndarray) -> np.ndarray:
    """Deviations from the mean power over waves of the same frequency, as a few hundred photographs say too little.

    Args:
        power: `(H, W, C)`.
    """
    rows, columns = np.meshgrid(np.arange(len(power)), np.arange(len(power)), indexing="ij")
    ring = np.hypot(rows, columns).round().astype(int)
    counts = np.bincount(ring.ravel())
    means = [np.bincount(ring.ravel(), power[..., channel].ravel()) / counts for channel in range(power.shape[-1])]
    return np.sqrt(np.stack(means, axis=-1)[ring]).astype("float32")
