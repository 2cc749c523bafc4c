"""A classifier of sigmoid layers: what a deep belief net or a stack of autoencoders becomes when it is fine-tuned."""

import math
from collections.abc import Sequence

import keras
from keras import layers


def build(input_shape: Sequence[int], units: Sequence[int], classes: int, name: str = "sigmoid_network") -> keras.Model:
    """The network with random weights: pictures in 0..255 in, logits out; layers `hidden1`, `hidden2`, ..., `logits`.

    Args:
        input_shape: `(H, W, C)`.
        units: of the hidden layers.
        classes: how many.

    Raises:
        ValueError: no layers, or a size below 1.
    """
    if not units or min(*units, classes, *input_shape) < 1 or len(input_shape) != 3:
        raise ValueError(
            "units, classes and input_shape (height, width, channels) must be positive, received "
            f"{tuple(units)}, {classes} and {tuple(input_shape)}"
        )
    images = layers.Input(tuple(input_shape), name="images")
    x = layers.Rescaling(1 / 255, name="preprocessing")(images)
    x = layers.Reshape((math.prod(input_shape),), name="flatten")(x)
    for number, width in enumerate(units, start=1):
        x = layers.Dense(width, "sigmoid", name=f"hidden{number}")(x)
    return keras.Model(images, layers.Dense(classes, kernel_initializer="zeros", name="logits")(x), name=name)
