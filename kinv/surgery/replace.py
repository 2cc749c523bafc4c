"""Copies a network with one layer replaced."""

import keras


def with_layer(model: keras.Model, layer: keras.layers.Layer, other: keras.layers.Layer) -> keras.Model:
    """Copies a Functional model, nested models included, with one of its layers replaced.

    The weights of all other layers are copied.

    Args:
        model: the model to copy.
        layer: the layer to replace.
        other: the layer that replaces it.
    """

    def clone(original):
        return other if original is layer else type(original).from_config(original.get_config())

    copy = keras.models.clone_model(model, clone_function=clone, recursive=True)
    _copy_weights(model, copy, layer)
    return copy


def _copy_weights(source, target, but):
    for theirs, ours in zip(source.layers, target.layers, strict=True):
        if isinstance(theirs, keras.Model):
            _copy_weights(theirs, ours, but)
        elif theirs is not but:
            ours.set_weights(theirs.get_weights())
