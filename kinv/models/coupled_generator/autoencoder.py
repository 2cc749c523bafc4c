"""The convolutional denoising autoencoder whose decoder the coupled generator can start from."""

from itertools import count
from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

from kinv.data.checks import checked_images, checked_vectors
from kinv.layers import Corruption
from kinv.ops.weighted_mean import weighted_mean
from kinv.training.checked_data import checked_image_data
from kinv.training.method import Method

from .generators import as_image, build_generator, convolution, scaled

ENCODER = (32, 64, 128, 256, 512)  # channels per block
DENSE = 2048
GREY, CONTRAST = 117.0, 50.0  # mean and standard deviation of photographs' pixel values, roughly


@keras.saving.register_keras_serializable("kinv")
class DenoisingAutoencoder(Method):
    """Removes Gaussian noise from images, through a code that is the generator's feature vector.

    Despraz et al. 2017, figure 3 and section 4.2, and the authors' notebooks: five blocks of two 3 x 3 convolutions
    with batch norm and 2 x 2 max pooling, a dense layer of 2,048 ReLUs and a linear code. The decoder is the pretrained
    variant of Table 2. The loss is the mean squared error.

    Deviations from the notebooks:
        - The paper's noise is added; the notebooks omit it.
        - The code and the last convolution are linear: codes may be negative, and pixels need not be positive.

    Args:
        size: side of the images in pixels, at least 32: five poolings halve it.
        channels: 3 or 1.
        width: scales the number of channels and the dense layer; 1 is the paper's.
        noise: standard deviation of the noise, on the scale of 0..255.
        seed: seeds the weights and the noise.
        **kwargs: `name`, `trainable` and `dtype`, as in `kinv.training.Method`.

    Call arguments:
        images: float tensor `(B, size, size, channels)` in 0..255.
        training: whether noise is added.

    Returns:
        Reconstructions `(B, size, size, channels)`, not clipped.

    Raises:
        ValueError: if `size` is less than 32; images have another shape or range, or are not finite; also raised by
            `build_generator` and `Corruption`.

    Examples:
        >>> import numpy as np
        >>> autoencoder = DenoisingAutoencoder(32, 1, width=0.05)
        >>> autoencoder.encode(np.zeros((2, 32, 32, 1), "float32")).shape
        TensorShape([2, 512])
    """

    def __init__(
        self,
        size: int = 224,
        channels: int = 3,
        *,
        width: float = 1.0,
        noise: float = 25.0,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(("loss",), **kwargs)
        if size < 2 ** len(ENCODER):
            raise ValueError(f"size must be at least {2 ** len(ENCODER)}, received {size}: resize the images")
        self.size, self.channels, self.width, self.noise, self.seed = size, channels, width, noise, seed
        self.corrupt = Corruption("gaussian", noise, seed=seed)
        self.decoder = build_generator(size, channels, width=width, refined=True, seed=seed, name="decoder")
        self.encoder = _encoder(size, channels, width, self.decoder.input_shape[-1], seed)
        self.built = True

    @property
    def input_shape(self):
        return (None, self.size, self.size, self.channels)

    def fit(self, x=None, *args, validation_data=None, **kwargs):
        x, validation_data = checked_image_data(x, validation_data, self.input_shape[1:])
        return super().fit(x, *args, validation_data=validation_data, **kwargs)

    def evaluate(self, x=None, *args, **kwargs):
        x, _ = checked_image_data(x, None, self.input_shape[1:])
        return super().evaluate(x, *args, **kwargs)

    def compile(self, optimizer: Any = None, **kwargs: Any) -> None:
        """The default optimizer is the notebooks': Adadelta with a learning rate of 1."""
        super().compile(optimizer=optimizer or keras.optimizers.Adadelta(1.0), **kwargs)
        self.optimizer.build(self.trainable_variables)  # a step that creates variables is traced twice

    def checked_inputs(self, inputs):
        return checked_images(inputs, shape=self.input_shape[1:])

    def call(self, images, training=False):
        images = ops.cast(images, "float32")
        codes = self.encoder(_standardised(self.corrupt(images, training=training)), training=training)
        return GREY + CONTRAST * self.decoder(codes, training=training)

    def train_step(self, data):
        """One step on `images` or `(images, anything)`: the squared error of reconstructions of noisy images."""
        with tf.GradientTape() as tape:
            loss = self._error(data, training=True)
        variables = self.trainable_variables
        self.descend(self.optimizer, tape.gradient(loss, variables), variables)
        return self.report(loss)

    def test_step(self, data):
        """The same error without noise."""
        return self.report(self._error(data, training=False))

    def encode(self, images: Any) -> Any:
        """Encodes images `(B, size, size, channels)` in 0..255 as codes, float32 `(B, F)`."""
        return self.encoder(_standardised(self.checked_inputs(images)), training=False)

    def decode(self, codes: Any) -> Any:
        """Decodes codes `(B, F)` to images, float32 `(B, size, size, channels)` in 0..255."""
        codes = checked_vectors(codes, self.decoder.input_shape[-1], "codes", unit_range=False)
        return as_image(self.decoder(codes, training=False), GREY, CONTRAST)

    def reconstruct(self, images: Any) -> Any:
        """`decode(encode(images))`."""
        return self.decode(self.encode(images))

    def export_endpoints(self) -> dict[str, tuple[Any, list[tf.TensorSpec]]]:
        """The SavedModel's endpoints: name to (function, input signature)."""
        images = tf.TensorSpec((None, self.size, self.size, self.channels), tf.float32, name="images")
        codes = tf.TensorSpec((None, self.decoder.input_shape[-1]), tf.float32, name="codes")
        return {
            "encode": (self.encode, [images]),
            "decode": (self.decode, [codes]),
            "reconstruct": (self.reconstruct, [images]),
        }

    def get_config(self):
        return {
            **super().get_config(),
            "size": self.size,
            "channels": self.channels,
            "width": self.width,
            "noise": self.noise,
            "seed": self.seed,
        }

    def _error(self, data, training):
        """Mean squared error, in squared standard deviations of photographs' pixel values."""
        images, _, weights = keras.utils.unpack_x_y_sample_weight(data)
        images = ops.cast(images, "float32")
        reconstructed = self.call(images, training=training)
        self.compute_metrics(None, images, reconstructed, weights)
        errors = ops.square((reconstructed - images) / CONTRAST)
        return ops.mean(errors) if weights is None else ops.mean(weighted_mean(errors, weights))


def _standardised(images):
    return (ops.cast(images, "float32") - GREY) / CONTRAST


def _encoder(size, channels, width, code, seed):
    seeds = count(1000 * seed + 500)
    images = layers.Input((size, size, channels), name="images")
    x = images
    for index, filters in enumerate(ENCODER, start=1):
        for part in ("first", "second"):
            x = convolution(x, filters, 3, "same", width, next(seeds), f"block{index}_{part}")
        x = layers.MaxPooling2D(name=f"pool{index}")(x)
    x = layers.Flatten()(x)
    for units, activation, name in ((scaled(DENSE, width), "relu", "dense"), (code, None, "code")):
        start = keras.initializers.GlorotUniform(next(seeds))
        x = layers.Dense(units, activation, kernel_initializer=start, name=name)(x)
    return keras.Model(images, x, name="encoder")
