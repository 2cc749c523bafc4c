"""What a classifier ends in: logits, or a softmax or sigmoid that can be removed."""

from typing import Any, Literal

import keras
from keras import layers

from .cut import as_graph

Ending = Literal["softmax", "sigmoid", "linear"]
NAMES: dict[str, Ending] = {"softmax": "softmax", "softmax_v2": "softmax", "sigmoid": "sigmoid"}  # TensorFlow's too
PASSING = {"Cast", "Identity", "Reshape", "Flatten", "Dropout", "Squeeze"}  # layers and operations


def without_activation(layer: keras.layers.Layer, name: str | None = None) -> keras.layers.Layer:
    """The same layer without its activation function; it shares the layer's variables.

    Training either changes both. Only the activation function and the calls that a graph remembers are its own.

    Args:
        layer: has an argument `activation`.
        name: another name, for a graph that has the layer too.
    """
    twin = object.__new__(type(layer))
    twin.__dict__.update(layer.__dict__)
    own = {"activation": keras.activations.linear, "_inbound_nodes": [], "_outbound_nodes": []}
    twin.__dict__.update(own, name=name or layer.name)
    return twin


def before_ending(output: Any) -> tuple[Any, Ending | None]:
    """The input of the softmax or sigmoid that an output of a Functional model ends in, and which of them it is.

    It may be a layer, an activation argument or an operation, also at the end of a nested model. Casts, reshapes,
    flattening, identities and dropout after it are passed over.

    Returns:
        A tensor of the same graph in the output's shape, and `"softmax"` or `"sigmoid"`. Otherwise the output itself,
        and `"linear"` for a layer without activation function, None for everything else.
    """
    tensor, ending = _before(output)
    if ending in (None, "linear"):
        return output, ending
    if tensor.shape != output.shape:
        tensor = layers.Reshape([size or -1 for size in output.shape[1:]], dtype="float32")(tensor)
    return tensor, ending


def _before(tensor):
    call = _call(tensor)
    operation, entering = call.operation, call.input_tensors
    if isinstance(operation, keras.Model):
        graph = as_graph(operation)
        before, ending = _before(graph.outputs[tensor._keras_history.tensor_index])
        if ending in (None, "linear"):
            return tensor, ending
        inner = keras.Model(graph.inputs, before, name=operation.name)
        return inner(*call.arguments.args, **call.arguments.kwargs), ending
    kind = type(operation).__name__
    function = getattr(operation, "activation", None)
    if len(entering) != 1:
        return tensor, None
    if kind in ("Softmax", "Sigmoid"):
        axis = getattr(operation, "axis", -1)
        return (entering[0], NAMES[kind.lower()]) if axis in (-1, len(tensor.shape) - 1) else (tensor, None)
    if kind in PASSING or (isinstance(operation, layers.Activation) and function is keras.activations.linear):
        return _before(entering[0])
    ending = NAMES.get(getattr(function, "__name__", ""))
    if ending is None:
        linear = isinstance(operation, (layers.Dense, layers.Conv2D)) and function is keras.activations.linear
        return tensor, "linear" if linear else None
    if isinstance(operation, layers.Activation):
        return entering[0], ending
    return without_activation(operation)(*call.arguments.args, **call.arguments.kwargs), ending


def _call(tensor):
    """The call that returned a tensor: a layer that is called again elsewhere has several."""
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index]
