"""Puts arrays from a foreign file into a network, if they are just the ones that it needs."""

from collections.abc import Iterable, Mapping, Sequence

import keras
import numpy as np


def check_names(found: Iterable[str], expected: Iterable[str], what: str = "layers") -> None:
    """Raises `ValueError` unless both hold the same names."""
    found, expected = list(found), list(expected)
    for problem, names in (
        ("lacks", [name for name in expected if name not in set(found)]),
        ("has unknown", [name for name in found if name not in set(expected)]),
    ):
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            raise ValueError(f"it {problem} {what}: {', '.join(names[:3])}{more}")


def set_layers(model: keras.Model, arrays: Mapping[str, Sequence[np.ndarray]]) -> None:
    """Sets the weights of all layers that have some.

    Args:
        model: the network.
        arrays: by layer, in the order of `layer.weights`.

    Raises:
        ValueError: missing or unknown layers, other shapes, or numbers that are NaN or infinite; nothing is set then.
    """
    layers = {layer.name: layer for layer in model.layers if layer.weights}
    check_names(arrays, layers)
    for name, layer in layers.items():
        expected = [tuple(weight.shape) for weight in layer.weights]
        if not all(isinstance(array, np.ndarray) and array.dtype.kind in "fiu" for array in arrays[name]):
            raise ValueError(f"{name} must have arrays of numbers")
        received = [array.shape for array in arrays[name]]
        if received != expected:
            raise ValueError(f"{name} must have the shapes {expected}, received {received}")
        if not all(np.isfinite(array).all() for array in arrays[name]):
            raise ValueError(f"{name} holds NaN or infinity")
    for name, layer in layers.items():
        layer.set_weights(list(arrays[name]))


def swap_input_channels(layer: keras.layers.Layer) -> None:
    """Makes a first convolution for BGR images one for RGB images."""
    kernel, *others = layer.get_weights()
    layer.set_weights([kernel[:, :, ::-1], *others])
