"""A gallery: images that maximise a network's activations, stored as features of one decoder."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kinv.choices import checked_choice, class_index
from kinv.data.checks import checked_vectors
from kinv.progress_bar import progress_bar
from kinv.results import short_repr
from kinv.training.method import Method

from .autoencoder import CONTRAST, GREY
from .generators import as_image, build_generator, build_spectral

DECODERS: dict[str, Callable[..., keras.Model]] = {
    "autoencoder": lambda size, channels, width, limit: build_generator(size, channels, width=width, refined=True),
    "spectral": lambda size, channels, width, limit: build_spectral(size, channels, limit=limit),
}


@keras.saving.register_keras_serializable("kinv")
class Gallery(Method):
    """What is saved of a `CoupledGenerator`, without its network: a decoder, and the features of every image.

    Interpolating between the features of two images gives intermediate images.

    Args:
        labels: labels of the images, one each.
        decoder: `"autoencoder"` (`DenoisingAutoencoder.decoder`) or `"spectral"` (`build_spectral`).
        size: side of the images in pixels.
        channels: 3 or 1.
        width: width of an autoencoder's decoder, see `build_generator`.
        limit: limit of a spectral decoder, see `SpectralDecoder`.
        brightness, contrast: as in `CoupledGenerator`.
        **kwargs: `name`, `trainable` and `dtype`, as in `kinv.training.Method`.

    Call arguments:
        features: float tensor `(B, F)`.

    Returns:
        Images `(B, size, size, channels)` in 0..255.

    Raises:
        ValueError: if there are no labels, or a decoder, a brightness, a contrast or the shape of features is invalid.

    Examples:
        >>> gallery = Gallery(["tench", "goldfish"], "spectral", size=16)
        >>> gallery.image("tench").shape
        (16, 16, 3)
    """

    def __init__(
        self,
        labels: Sequence[str],
        decoder: str = "autoencoder",
        size: int = 96,
        channels: int = 3,
        width: float = 1.0,
        limit: float | None = None,
        brightness: float | Sequence[float] = GREY,
        contrast: float = CONTRAST,
        **kwargs: Any,
    ):
        super().__init__((), **kwargs)
        labels = [str(label) for label in labels]
        if not labels:
            raise ValueError(f"labels must hold at least one label, received {labels}: pass one for each image.")
        checked_choice("decoder", decoder, DECODERS)
        levels = 1 if isinstance(brightness, (int, float)) else len(brightness)
        if levels not in (1, channels) or not float(contrast) > 0:
            raise ValueError(
                f"brightness must be a number, or one for each of {channels} channels, and contrast positive, received "
                f"{brightness!r} and {contrast!r}"
            )
        self.labels, self.kind, self.size, self.channels = labels, decoder, size, channels
        self.width, self.limit = width, limit
        self.brightness = brightness if isinstance(brightness, (int, float)) else [float(value) for value in brightness]
        self.contrast = float(contrast)
        self.decoder = DECODERS[decoder](size, channels, width, limit)
        self.features = self.add_weight(
            shape=(len(labels), self.decoder.input_shape[-1]), initializer="ones", trainable=False, name="features"
        )
        self.built = True

    def collect(self, decoder: keras.Model, features: Any) -> None:
        """Copies the weights of a decoder, and the features `(labels, F)` of all images."""
        self.decoder.set_weights(decoder.get_weights())
        self.features.assign(ops.convert_to_tensor(features, "float32"))

    def __repr__(self) -> str:
        return short_repr(self, {"labels": self.labels, "decoder": self.kind, "size": self.size})

    def checked_inputs(self, inputs):
        return checked_vectors(inputs, self.features.shape[-1], "features", unit_range=False)

    def call(self, features):
        return self.generate(features)

    @property
    def input_shape(self):
        return (None, self.features.shape[-1])

    def generate(self, features: Any) -> Any:
        """Generates images from features `(B, F)`: float32 `(B, size, size, channels)` in 0..255."""
        features = ops.cast(self.checked_inputs(features), "float32")
        return as_image(self.decoder(features, training=False), self.brightness, self.contrast)

    def images(self, progress: bool = False) -> np.ndarray:
        """All images, float32 `(labels, size, size, channels)` in 0..255; with `progress`, a bar is shown on stderr."""
        images = []
        with progress_bar("generating images", len(self.labels), progress) as advance:
            for row in range(len(self.labels)):
                images.append(ops.convert_to_numpy(self.generate(self.features[row : row + 1])))
                advance(1)
        return np.concatenate(images)

    def image(self, label: str | int) -> np.ndarray:
        """One image by its label or index, float32 `(size, size, channels)` in 0..255.

        Raises:
            ValueError: if no image has this label (similar labels are suggested), or several have.
        """
        row = class_index(label, self.labels, len(self.labels))
        return ops.convert_to_numpy(self.generate(self.features[row : row + 1]))[0]

    def export_endpoints(self) -> dict[str, tuple[Any, list[tf.TensorSpec]]]:
        """The SavedModel's endpoints: name to (function, input signature)."""
        features = tf.TensorSpec((None, self.features.shape[-1]), tf.float32, name="features")
        rows = tf.TensorSpec((None,), tf.int32, name="rows")
        return {
            "generate": (self.generate, [features]),
            "images": (lambda rows: self.generate(ops.take(self.features, rows, axis=0)), [rows]),
        }

    def get_config(self):
        return {
            **super().get_config(),
            "labels": self.labels,
            "decoder": self.kind,
            "size": self.size,
            "channels": self.channels,
            "width": self.width,
            "limit": self.limit,
            "brightness": self.brightness,
            "contrast": self.contrast,
        }
