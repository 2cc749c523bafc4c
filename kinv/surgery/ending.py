"""What a classifier ends in: logits, or a softmax or sigmoid that can be removed."""

from typing import Any, Literal

import keras
import numpy as np
from keras import layers

from .cut import as_graph, has_graph

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
    flattening, identities and dropout after it are passed over. Functions and layers of users that only have such a
    name, a softmax with a temperature for example, are none.

    Returns:
        A tensor of the same graph in the output's shape, and `"softmax"` or `"sigmoid"`. Otherwise the output itself,
        and `"linear"` for a layer without activation function, None for everything else.
    """
    ending = ending_of(output)
    if ending in (None, "linear"):
        return output, ending
    tensor = _before(output)
    if tensor.shape != output.shape:
        tensor = layers.Reshape([size or -1 for size in output.shape[1:]], dtype="float32")(tensor)
    return tensor, ending


def ending_of(output: Any) -> Ending | None:
    """What an output of a Functional model ends in, see `before_ending`; nothing is built."""
    call = _call(output)
    operation = call.operation
    if isinstance(operation, keras.Model):
        return ending_of(_inside(operation, output)) if has_graph(operation) else None
    if _passes(call):
        return ending_of(call.input_tensors[0])
    if len(call.input_tensors) != 1:
        return None
    kind, function = type(operation).__name__, getattr(operation, "activation", None)
    if _is_kerass(operation) and kind in ("Softmax", "Sigmoid"):
        last = getattr(operation, "axis", -1) in (-1, len(output.shape) - 1)
        return NAMES[kind.lower()] if last else None
    if isinstance(operation, (layers.Dense, layers.Conv2D)) and function is keras.activations.linear:
        return "linear"
    ending = NAMES.get(getattr(function, "__name__", ""))
    return ending if ending and _computes(function, ending, output.shape) else None


def _before(tensor):
    """The input of the ending, which there is."""
    call = _call(tensor)
    operation = call.operation
    if isinstance(operation, keras.Model):
        before = _before(_inside(operation, tensor))
        inner = keras.Model(as_graph(operation).inputs, before, name=operation.name)
        return inner(*call.arguments.args, **call.arguments.kwargs)
    if _passes(call):
        return _before(call.input_tensors[0])
    if hasattr(operation, "activation") and not isinstance(operation, layers.Activation):
        return without_activation(operation)(*call.arguments.args, **call.arguments.kwargs)
    return call.input_tensors[0]


def _passes(call):
    """Whether a call changes no values."""
    operation = call.operation
    linear = isinstance(operation, layers.Activation) and operation.activation is keras.activations.linear
    return len(call.input_tensors) == 1 and ((_is_kerass(operation) and type(operation).__name__ in PASSING) or linear)


def _is_kerass(operation):
    return type(operation).__module__.startswith("keras.")


def _computes(function, ending, shape):
    """Whether a function that has the name of an ending is that function, for tensors of this shape."""
    sizes = [*(size or 2 for size in shape[:-1]), max(shape[-1] or 2, 2)]
    values = keras.ops.convert_to_tensor(2 * np.sin(np.arange(np.prod(sizes))).reshape(sizes), "float32")
    expected = getattr(keras.activations, ending)(values)
    return np.allclose(*map(keras.ops.convert_to_numpy, (function(values), expected)), rtol=1e-2, atol=0)


def _inside(model, output):
    """The tensor in a nested model's graph that is this output of it."""
    return as_graph(model).outputs[output._keras_history.tensor_index]


def _call(tensor):
    """The call that returned a tensor: a layer that is called again elsewhere has several."""
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index]
