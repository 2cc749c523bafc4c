"""Generators, features to an image: that of Despraz et al. 2017, Table 2, and one made of waves."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import keras
from keras import layers, ops

from .spectral_decoder import SpectralDecoder

NARROWEST, FIRST_CHANNELS = 8, 128
TRUNK = ((512, 2, 2), (256, 3, 3), (256, 3, 3), (128, 3, 3), (128, 4, 4))  # channels, sides of two kernels
REFINED = (64, 64)  # of the variant that is the decoder of an autoencoder


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
    """Table 2 without its first three layers: upsampling by 2, then a valid and a `same` convolution, five times;
    upsampling and one more, or three in the refined variant.

    Every convolution but the last has a ReLU, and a batch norm follows. What comes out is normalised too: its last
    gamma and beta are the image's contrast and brightness. `5 x 5 x 128` features make 224 x 224; the first map has
    the side whose image comes nearest to `size`, and is resized where that is another.

    Deviation from the paper: the last convolution is linear, since a ReLU before the last batch norm leaves half of
    all pixels at one value.

    Args:
        size: side of the image in pixels, at least 16.
        channels: 3 or 1.
        width: scales the number of channels inside; the paper's is 1.
        refined: Table 2's pretrained variant: two convolutions with 64 channels before the last one.
        skips: a second, parallel way from every block to the image (a 1 x 1 convolution that starts at zero, as the
            last one does then), so that coarse and fine parts are learned at once; without the last batch norm. Not the
            paper's.
        seed: of the initial weights.
        name: of the model.

    Returns:
        Functional model of float32 `(B, F)`, 3,200 features for 224, to `(B, size, size, channels)`, around 0.

    Raises:
        ValueError: a size under 16, a width that is not positive, or other channels.

    Example:
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
    """A decoder without anything to train, whose images have the spectrum and colours of photographs.

    Args:
        size: side of the image in pixels.
        channels: 3 or 1.
        images: photographs `(N, size, size, channels)` in 0..255 that it is adapted to, see `SpectralDecoder`.
        limit: of every wave, see there.
        name: of the model.

    Returns:
        Functional model of float32 `(B, size * size * channels)` to `(B, size, size, channels)`, around 0, in the units
        of the photographs.

    Raises:
        ValueError: a size or limit that is not positive, or photographs of another shape.
    """
    features = layers.Input((size * size * channels,), name="features")
    waves = SpectralDecoder(size, channels, limit, name="waves")
    if images is not None:
        waves.adapt(images)
    return keras.Model(features, waves(features), name=name)


def as_image(outputs: Any, brightness: float | Sequence[float], contrast: float) -> Any:
    """A generator's outputs `(B, H, W, C)`, around 0, as values in 0..255."""
    return ops.clip(ops.convert_to_tensor(brightness, "float32") + contrast * outputs, 0.0, 255.0)


def first_side(size: int) -> int:
    """The side `s` of the first map whose image, of side `64 s - 96`, comes nearest to `size`."""
    return max(2, round((size + 96) / 64))


def scaled(filters: int, width: float) -> int:
    """So many of the paper's channels, or units, but never fewer than 8."""
    return max(NARROWEST, round(filters * width))


def convolution(x: Any, filters: int, kernel: int, padding: str, width: float, seed: int, name: str) -> Any:
    """A convolution with ReLU, then batch norm."""
    x = layers.Conv2D(
        scaled(filters, width), kernel, padding=padding, activation="relu",
        kernel_initializer=keras.initializers.GlorotUniform(seed), name=name,
    )(x)  # fmt: skip
    return layers.BatchNormalization(name=f"{name}_norm")(x)


def _added(image, more):
    if image is None:
        return more
    return layers.Add()([layers.Resizing(more.shape[1], more.shape[2])(image), more])
