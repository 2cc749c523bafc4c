"""The outputs of several layers of a network in one pass."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import tree

from kinv.choices import unknown

from .cut import as_graph, calls_in_order, enclosing_model, layer_names
from .tap import functional_core


def layer_outputs(model: Any, names: Sequence[str]) -> keras.Model:
    """A model from inputs to the outputs of layers, after their own activation functions.

    Nothing is computed twice, also where layers lie in nested models, and only what the layers need is computed.

    Args:
        model: Functional or Sequential, with one input; or one that has a Functional core.
        names: of the layers, which may be inside nested models.

    Returns:
        A Functional model that shares the model's layers and returns a list, one tensor for each name.

    Raises:
        ValueError: if there is no such layer, it is called more than once or has several outputs, or the model is
            subclassed and has no Functional core.

    Examples:
        >>> from kinv import classifiers
        >>> [tensor.shape for tensor in layer_outputs(classifiers.build("digit_cnn"), ["conv4", "logits"]).outputs]
        [(None, 14, 14, 32), (None, 10)]
    """
    core = functional_core(model)
    if not names:
        raise ValueError("expected the names of layers, received none")
    paths = [_nested_names(core, name) for name in names]
    inputs = core.inputs[0]
    found = dict.fromkeys(names)
    _replay(as_graph(core), [inputs], {name for path in paths for name in path}, found)
    return keras.Model(inputs, [found[name] for name in names], name=f"{core.name}_layers")


def _nested_names(model, name):
    """The names of the nested models around a layer, and its own."""
    nested = enclosing_model(model, name)
    if nested is not None:
        return [*_nested_names(nested, name), nested.name]
    if name not in {layer.name for layer in model.layers}:
        raise ValueError(unknown("layer", name, sorted(layer_names(as_graph(model))), where=f" of {model.name}"))
    return [name]


def _replay(graph, inputs, wanted, found):
    """Calls every layer of a graph again; nested models with wanted layers give way to their layers.

    Args:
        graph: a Functional model.
        inputs: its inputs, as tensors.
        wanted: names of layers, and of the nested models around them.
        found: filled in: the name of each wanted layer to its output.

    Returns:
        The tensors of the graph's outputs.
    """
    tensors = {id(symbol): tensor for symbol, tensor in zip(graph.inputs, inputs, strict=True)}
    for call in calls_in_order(graph):
        if not call.input_tensors:
            continue
        arguments, options = call.arguments.fill_in(tensors)
        name = call.operation.name
        if name in wanted and name not in found:
            outputs = _replay(as_graph(call.operation), tree.flatten(arguments), wanted, found)
        else:
            outputs = tree.flatten(call.operation(*arguments, **options))
        if name in found:
            if found[name] is not None or len(outputs) != 1:
                raise ValueError(
                    f"{name!r} of {graph.name} must be called once and have one output: choose another layer."
                )
            found[name] = outputs[0]
        tensors |= {id(symbol): tensor for symbol, tensor in zip(call.outputs, outputs, strict=True)}
    return [tensors[id(symbol)] for symbol in graph.outputs]
