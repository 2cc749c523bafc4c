"""How far a family goes for an image: some bear more than others."""

import math
from collections.abc import Sequence

import keras
from keras import layers, ops

from kinv.ops.shrink import shrink
from kinv.precision import Float32

SIDE = 32  # pixels: images are shrunk to this
WIDTHS = 16, 32, 32  # of its convolutions, each of which halves the image
LENGTH = 4.0  # of the features: of how fast it learns
FOLLOWED = 0.1  # of the difference between a batch's mean and the one that is taken off
MOST = math.log(4.0)  # a direction is at most four times as long as on average, and at least a quarter


@keras.saving.register_keras_serializable("kinv")
class Conditioner(Float32, keras.layers.Layer):
    """A small convolutional network: images to the logarithms of factors, one for every direction of a family.

    As in InstaAug (Miao et al. 2022, "Learning Instance-Specific Augmentations by Capturing Local Invariances"), where
    a network predicts ranges of hand-made transformations for each image. Here, it lengthens and shortens the
    directions of a family that is learned with it. At the start, all factors are 1; their logarithms stay 0 on average.

    Args:
        controls: how many directions there are, of colour, of space, and of flows if there are any.
        seed: of the first weights.

    Call arguments:
        images: float tensor `(B, H, W, C)` in 0..255, of any size.

    Returns:
        Tensor `(B, sum of controls)`, in -log 4 .. log 4.
    """

    def __init__(self, controls: Sequence[int], seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        self.controls, self.seed = tuple(controls), seed
        self.convolutions = [
            layers.Conv2D(
                width, 3, strides=2, padding="same", activation="relu",
                kernel_initializer=keras.initializers.HeNormal(None if seed is None else seed + place),
            )
            for place, width in enumerate(WIDTHS)
        ]  # fmt: skip
        self.flatten = layers.Flatten()
        self.head = layers.Dense(sum(self.controls), use_bias=False, kernel_initializer="zeros")

    def build(self, images_shape):
        shape = (None, SIDE, SIDE, images_shape[-1])
        for convolution in self.convolutions:
            convolution.build(shape)
            shape = convolution.compute_output_shape(shape)
        self.head.build((None, math.prod(shape[1:])))
        self.mean = self.add_weight(
            shape=(sum(self.controls),), initializer="zeros", trainable=False, aggregation="mean", name="mean"
        )

    def call(self, images):
        return self.bounded(self.raw(images))

    def raw(self, images):
        """The logarithms before their mean is taken off, and without bounds, `(B, sum of controls)`."""
        features = shrink(ops.cast(images, "float32"), SIDE, SIDE) / 127.5 - 1
        for convolution in self.convolutions:
            features = convolution(features)
        return self.head(LENGTH * ops.normalize(self.flatten(features)))

    def bounded(self, raw):
        """The logarithms, without their mean and in their bounds, from `raw`."""
        return MOST * ops.tanh((raw - self.mean) / MOST)

    def centre(self, raw, weights):
        """Moves the mean that is taken off towards that of a batch, from `raw`; `weights` `(B, G)` of sum 1, or 0."""
        self.mean.assign(self.mean + FOLLOWED * ops.sum(weights * (raw - self.mean), axis=0))

    def compute_output_shape(self, images_shape):
        return images_shape[0], sum(self.controls)

    def forget(self):
        """Sets all factors to 1 again."""
        for weight in (*self.head.weights, self.mean):
            weight.assign(ops.zeros_like(weight))

    def get_config(self):
        return {**super().get_config(), "controls": list(self.controls), "seed": self.seed}
