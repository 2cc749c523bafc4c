"""Latent codes of filters: how far they lead."""

from typing import Any

import keras
from keras import ops


def root_mean_square(z: Any) -> Any:
    """Of codes `(B, Z)`, `(B, 1)`; never 0, so that it has a gradient there."""
    return ops.sqrt(ops.mean(ops.square(z), axis=1, keepdims=True) + keras.config.epsilon() ** 2)


def held(z: Any) -> Any:
    """Codes `(B, Z)`; longer ones are brought to a root mean square of 1, as none of these are seen in training."""
    return z / ops.maximum(root_mean_square(z), 1.0)
