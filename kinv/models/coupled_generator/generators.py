"""Generators, from features to an image: that of Despraz et al. 2017, Table 2, and a spectral one."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import keras
from keras import layers, ops

from .spectral_decoder import SpectralDecoder

NARROWEST, FIRST_CHANNELS = 8, 128
TRUNK = ((512, 2, 2), (256, 3, 3), (256, 3, 3), (128, 3, 3), (128, 4, 4))  # channels, two kernel sizes
REFINED = (64, 64)  # additional channels of the variant that decodes an autoencoder's code


def build_generator(
    size: int = 224,
    channels: int = 3,
    *,
    width: float = 1.0,
    refined: bool = False,
    skips: bool = False,
    seed: int = 0,
    name: str = "generator",
) -> keras.Model:
    """Builds the generator of Table 2 without its first three layers.

    Five blocks upsample by 2 and apply a `valid` and a `same` convolution. One more convolution follows after
    upsampling, or three in the refined variant. Every convolution but the last has a ReLU and then batch norm. The
    output is normalised too: its gamma and beta are the image's contrast and brightness. `5 x 5 x 128` features give
    224 x 224. The first map has the side whose image is closest to `size`; the image is resized if it differs.

    Deviation from the paper: the last convolution is linear, since a ReLU before the last batch norm leaves half of
    all pixels at one value.

    Args:
        size: side of the image in pixels, at least 16.
        channels: 3 or 1.
        width: scales the number of channels inside; 1 is the paper's.
        refined: the pretrained variant of Table 2: two more convolutions with 64 channels before the last one.
        skips: adds a parallel path from every block to the image: a 1 x 1 convolution that starts at zero, as the
            last convolution then does. Coarse and fine structure are learned at once. There is no last batch norm. Not
            in the paper.
        seed: seeds the initial weights.
        name: name of the model.

    Returns:
        Functional model from float32 `(B, F)`, 3,200 features for 224, to `(B, size, size, channels)`, around 0.

    Raises:
        ValueError: if `size` is less than 16, `width` is not positive, or `channels` is neither 1 nor 3.

    Examples:
        >>> build_generator().count_params() - sum(w.shape[0] for w in build_generator().non_trainable_variables)
        5237641
    """
    if size < 16 or channels not in (1, 3) or not width > 0:
        raise ValueError(
            f"size must be at least 16, channels 1 or 3 and width positive, received {size}, {channels} and {width}"
        )
    side, seeds = first_side(size), count(1000 * seed)
    features = layers.Input((side * side * FIRST_CHANNELS,), name="features")
    x = layers.Reshape((side, side, FIRST_CHANNELS), name="reshape")(features)
    image = None
    for index, (filters, first, second) in enumerate(TRUNK, start=1):
        x = layers.UpSampling2D(name=f"up{index}")(x)
        x = convolution(x, filters, first, "valid", width, next(seeds), f"block{index}_first")
        x = convolution(x, filters, second, "same", width, next(seeds), f"block{index}_second")
        if skips:
            image = _added(image, layers.Conv2D(channels, 1, kernel_initializer="zeros", name=f"skip{index}")(x))
    x = layers.UpSampling2D(name="up6")(x)
    for index, filters in enumerate(REFINED if refined else (), start=1):
        x = convolution(x, filters, 3, "same" if index > 1 else "valid", width, next(seeds), f"refined{index}")
    padding = "same" if refined else "valid"
    start = "zeros" if skips else keras.initializers.GlorotUniform(next(seeds))
    x = layers.Conv2D(channels, 3, padding=padding, kernel_initializer=start, name="image")(x)
    x = _added(image, x) if skips else layers.BatchNormalization(name="contrast")(x)
    if x.shape[1] != size:
        x = layers.Resizing(size, size, name="resize")(x)
    return keras.Model(features, x, name=name)


def build_spectral(
    size: int = 224, channels: int = 3, images: Any = None, *, limit: float | None = None, name: str = "spectral"
) -> keras.Model:
    """Builds a decoder without trainable weights, whose images have the spectrum and colours of photographs.

    Args:
        size: side of the image in pixels.
        channels: 3 or 1.
        images: photographs `(N, size, size, channels)` in 0..255 to adapt to, see `SpectralDecoder`.
        limit: bound on every wave's amplitude, see `SpectralDecoder`.
        name: name of the model.

    Returns:
        Functional model from float32 `(B, size * size * channels)` to `(B, size, size, channels)`, around 0, in the
        units of the photographs.

    Raises:
        ValueError: if `size` or `limit` is not positive, or the photographs have another shape.
    """
    features = layers.Input((size * size * channels,), name="features")
    waves = SpectralDecoder(size, channels, limit, name="waves")
    if images is not None:
        waves.adapt(images)
    return keras.Model(features, waves(features), name=name)


def as_image(outputs: Any, brightness: float | Sequence[float], contrast: float) -> Any:
    """Converts a generator's outputs `(B, H, W, C)`, around 0, to pixel values in 0..255."""
    return ops.clip(ops.convert_to_tensor(brightness, "float32") + contrast * outputs, 0.0, 255.0)


def first_side(size: int) -> int:
    """The side `s` of the first map whose image, of side `64 s - 96`, is closest to `size`."""
    return max(2, round((size + 96) / 64))


def scaled(filters: int, width: float) -> int:
    """The paper's number of channels or units, scaled by `width`; at least 8."""
    return max(NARROWEST, round(filters * width))


def convolution(x: Any, filters: int, kernel: int, padding: str, width: float, seed: int, name: str) -> Any:
    """A convolution with ReLU, followed by batch norm."""
    x = layers.Conv2D(
        scaled(filters, width), kernel, padding=padding, activation="relu",
        kernel_initializer=keras.initializers.GlorotUniform(seed), name=name,
    )(x)  # fmt: skip
    return layers.BatchNormalization(name=f"{name}_norm")(x)


def _added(image, more):
    if image is None:
        return more
    return layers.Add()([layers.Resizing(more.shape[1], more.shape[2])(image), more])
