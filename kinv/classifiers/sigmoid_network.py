"""A classifier of sigmoid layers: a deep belief net or a stack of autoencoders after fine-tuning."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

LARGEST = 100_000_000  # weights
MOST_LAYERS = 50


def build(input_shape: Sequence[int], units: Sequence[int], classes: int, name: str = "sigmoid_network") -> keras.Model:
    """The network with random weights: images in 0..255 in, logits out; layers `hidden1`, `hidden2`, ..., `logits`.

    Args:
        input_shape: `(H, W, C)`.
        units: sizes of the hidden layers.
        classes: number of classes.

    Raises:
        ValueError: if there are no layers, a size is below 1, or there are too many layers or weights.
    """
    if len(units) > MOST_LAYERS:
        raise ValueError(f"units must be the sizes of at most {MOST_LAYERS} layers, received {len(units)}")
    if not units or min(*units, classes, *input_shape) < 1 or len(input_shape) != 3:
        raise ValueError(
            "units (at least one), classes and input_shape (height, width, channels) must be positive, received "
            f"{tuple(units)}, {classes} and {tuple(input_shape)}"
        )
    widths = [math.prod(input_shape), *units, classes]
    if sum(below * above for below, above in itertools.pairwise(widths)) > LARGEST:
        raise ValueError(f"units {tuple(units)} need more than {LARGEST:,} weights: choose fewer or smaller layers")
    images = layers.Input(tuple(input_shape), name="images")
    x = layers.Rescaling(1 / 255, name="preprocessing")(images)
    x = layers.Reshape((math.prod(input_shape),), name="flatten")(x)
    for number, width in enumerate(units, start=1):
        x = layers.Dense(width, "sigmoid", name=f"hidden{number}")(x)
    return keras.Model(images, layers.Dense(classes, kernel_initializer="zeros", name="logits")(x), name=name)


def describe(network: keras.Model) -> dict[str, Any] | None:
    """The arguments of `build` that make a network of this shape, as JSON values; None for any other network."""
    dense = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)]
    names = [*(f"hidden{number}" for number in range(1, len(dense))), "logits"]
    shape = getattr(network, "input_shape", None)
    if len(dense) < 2 or [layer.name for layer in dense] != names or not isinstance(shape, tuple) or len(shape) != 4:
        return None
    units = [layer.units for layer in dense]
    return {"input_shape": list(shape[1:]), "units": units[:-1], "classes": units[-1]}
