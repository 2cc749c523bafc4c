"""The digit classifier of the Filter GAN paper: five convolutions with ReLU, max pooling and batch norm."""

import keras
from keras import layers

CHANNELS = (32, 32, 32, 32, 64)
POOLED = (2, 4)  # 28 -> 14 -> 7


def build(input_shape: tuple[int, int, int] = (28, 28, 1), classes: int = 10) -> keras.Model:
    """The network with random weights: greyscale 0..255 in, logits out."""
    images = layers.Input(input_shape, name="images")
    x = layers.Rescaling(1 / 255, name="preprocessing")(images)
    for index, channels in enumerate(CHANNELS, start=1):
        x = layers.Conv2D(channels, 3, padding="same", name=f"conv{index}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"norm{index}")(x)
        x = layers.ReLU(name=f"relu{index}")(x)
        if index in POOLED:
            x = layers.MaxPooling2D(2, name=f"pool{index}")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(images, layers.Dense(classes, name="logits")(x), name="digit_cnn")
