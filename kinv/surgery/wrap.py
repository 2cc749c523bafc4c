"""Adapts any Keras classifier to kinv's contract: images in 0..255 in, logits out."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

SMALLEST_PROBABILITY = 1e-7


def wrap(
    model: keras.Model,
    preprocessing: Callable[[Any], Any] | None = None,
    input_shape: tuple[int, int, int] | None = None,
) -> keras.Model:
    """Wraps a Functional or Sequential classifier so that it takes images in 0..255 and returns logits.

    A softmax at the end is removed. The weights are shared with the model, not copied.

    Args:
        model: maps images `(B, H, W, C)` to one score per class, `(B, classes)`.
        preprocessing: the preprocessing of images in 0..255 that the model expects. It is a function of one tensor,
            made of `keras.ops` or layers, such as `lambda x: x / 127.5 - 1`; default: none.
        input_shape: `(height, width, channels)`, if the model leaves it open.

    Raises:
        ValueError: if the model is subclassed (its layers can't be tapped), has several inputs or outputs, or shapes
            are wrong.

    Example:
        >>> network = keras.applications.MobileNetV2(weights=None, input_shape=(96, 96, 3), classes=7)
        >>> wrap(network, lambda images: images / 127.5 - 1).output_shape
        (None, 7)
    """
    if isinstance(model, keras.Sequential) and not model.built:
        if input_shape is None:
            raise ValueError("The Sequential model is not built yet: pass input_shape=(height, width, channels).")
        model.build((None, *input_shape))
    if not hasattr(model, "inputs") or not getattr(model, "outputs", None):
        raise ValueError(
            f"kinv needs a Functional or Sequential model, whose layers can be tapped; {model.name!r} is a "
            f"subclassed {type(model).__name__}: pass its Functional core, or rebuild it: keras.Model(inputs, outputs)"
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError(
            f"{model.name!r} has {len(model.inputs)} inputs and {len(model.outputs)} outputs, expected 1 and 1: "
            "pass keras.Model(images, logits) of one of each."
        )
    shape = tuple(input_shape or model.inputs[0].shape[1:])
    if len(shape) != 3 or shape[-1] not in (1, 3):
        raise ValueError(
            f"{model.name!r} takes inputs of shape {shape}, expected (height, width, 1 or 3): channels come last."
        )
    if len(model.outputs[0].shape) != 2:
        raise ValueError(
            f"{model.name!r} returns shape {model.outputs[0].shape}, expected (batch, classes): "
            "end it with a layer of one logit per class."
        )

    images = keras.Input(shape, name="images")
    x = images if preprocessing is None else preprocessing(images)
    logits = _without_softmax(model)(x)
    if ends_in_softmax(model) and not _can_be_cut(model):
        logits = ops.log(ops.clip(logits, SMALLEST_PROBABILITY, 1.0))
    return keras.Model(images, logits, name=f"{model.name}_wrapped")


def _last_layer(model: keras.Model) -> keras.Layer:
    return model.outputs[0]._keras_history.operation


def ends_in_softmax(model: keras.Model) -> bool:
    """Whether the model returns probabilities: its last layer is, or has, a softmax."""
    last = _last_layer(model)
    if isinstance(last, (keras.Sequential, keras.Model)):
        return ends_in_softmax(last)
    return isinstance(last, keras.layers.Softmax) or getattr(last, "activation", None) is keras.activations.softmax


def _can_be_cut(model: keras.Model) -> bool:
    return not isinstance(_last_layer(model), keras.Model)


def _without_softmax(model: keras.Model) -> keras.Model:
    """The model without its final softmax; a nested one is left whole (its log-probabilities serve as logits)."""
    if not ends_in_softmax(model) or not _can_be_cut(model):
        return model
    last = _last_layer(model)
    before = last._inbound_nodes[-1].input_tensors[0]
    if isinstance(last, keras.layers.Softmax):
        return keras.Model(model.inputs, before, name=model.name)
    linear = type(last).from_config({**last.get_config(), "activation": "linear", "name": f"{last.name}_logits"})
    core = keras.Model(model.inputs, linear(before), name=model.name)
    linear.set_weights(last.get_weights())
    return core
