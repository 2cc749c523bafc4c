"""The pre-activations of a network's units: the starting point of most analyses of units."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from kinv.choices import unknown
from kinv.results import Result

from .cut import as_graph, calls_in_order, enclosing_model, layer_names, only_call
from .ending import without_activation
from .logits import Logits

NONLINEAR = (
    layers.Activation, layers.ReLU, layers.LeakyReLU, layers.PReLU, layers.ELU, layers.Softmax,
)  # fmt: skip
MEAN = "mean"
VALUES, MOST_AT_A_TIME = 4_000_000, 1024  # of inputs or outputs, and inputs, at a time
Units = int | Sequence[int] | np.ndarray | slice | None


@dataclass(frozen=True, repr=False)
class Tap(Result):
    """Units of a layer, and the network up to their nonlinearity.

    Attributes:
        network: Functional model from inputs to the pre-activations of all units of the layer: `(B, U)`, or
            `(B, H, W, U)` for a convolution. It shares the model's layers and their weights.
        layer: the layer's name.
        units: indices of the chosen units, `(K,)`.
        position: for a convolution, `"mean"`, or row and column.
    """

    network: keras.Model
    layer: str
    units: np.ndarray
    position: str | tuple[int, int]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one input, without the batch."""
        return tuple(self.network.input_shape[1:])

    def takes(self, shape: Sequence[int]) -> bool:
        """Whether an input may have this shape."""
        wanted = self.input_shape
        return len(shape) == len(wanted) and all(
            size in (None, given) for size, given in zip(wanted, shape, strict=True)
        )

    def at_a_time(self, shape: Sequence[int], asked: int | None = None) -> int:
        """The number of inputs of a shape per batch: as many as asked for, else as memory allows.

        Raises:
            ValueError: if fewer than one are asked for.
        """
        if asked is not None and asked < 1:
            raise ValueError(f"batch_size must be at least 1, received {asked}")
        output = math.prod(size or 1 for size in self.network.output_shape[1:])
        return asked or max(1, min(MOST_AT_A_TIME, VALUES // max(math.prod(shape), output)))

    def all_activations(self, inputs: Any) -> Any:
        """Pre-activations of all units of the layer, `(B, ...)` to `(B, U)`."""
        received = ops.cast(self.network(inputs, training=False), "float32")
        if len(received.shape) == 2:
            return received
        if self.position == MEAN:
            return ops.mean(received, axis=(1, 2))
        row, column = self.position
        return received[:, row, column]

    def activations(self, inputs: Any) -> Any:
        """Pre-activations of the chosen units, `(B, ...)` to `(B, K)`."""
        return ops.take(self.all_activations(inputs), ops.convert_to_tensor(self.units), axis=-1)

    def activation_of(self, inputs: Any, units: Any) -> Any:
        """The pre-activation of one unit for every input: `(B, ...)` and int32 `(B,)` to `(B,)`."""
        received = self.all_activations(inputs)
        return ops.squeeze(ops.take_along_axis(received, ops.expand_dims(units, -1), axis=-1), -1)


def tap(model: Any, layer: str, units: Units = None, position: str | tuple[int, int] = MEAN) -> Tap:
    """Taps the pre-activations of units, which are the activations of Erhan, Courville and Bengio 2010.

    A layer's own activation function is left out, and a batch norm that follows the layer is included. For an
    activation layer, the pre-activation is its input. Softmax counts as a nonlinearity, so that output units are
    logits.

    Args:
        model: Functional or Sequential, with one input; or one that has a Functional core
            (`DeepBeliefNetwork`, `StackedDenoisingAutoencoder`).
        layer: the name of the layer, which may be inside a nested model.
        units: an index, indices, a range or a slice of them; default: all. For a convolution, units are its filters.
        position: for a convolution, `"mean"` over the map, or row and column.

    Raises:
        ValueError: if there is no such layer, unit or position, the layer is called more than once, its output has no
            units, or weights are not finite.

    Examples:
        >>> from kinv import classifiers
        >>> tap(classifiers.build("digit_cnn"), "logits", [3, 5]).activations(ops.zeros((2, 28, 28, 1))).shape
        TensorShape([2, 2])
    """
    network = _before_nonlinearity(_path(functional_core(model), layer))
    for weights in network.weights:
        if not np.isfinite(ops.convert_to_numpy(weights)).all():
            raise ValueError(
                f"weights up to {layer!r} must be finite, but {weights.path} holds NaN or infinity: load other "
                "weights, or train the model again."
            )
    shape = network.output_shape
    _check_units(layer, shape)
    if len(shape) == 4 and position != MEAN:
        position = _checked_position(position, shape, layer)
    return Tap(network, layer, checked_units(units, shape[-1], layer), position)


def check_tap(model: Any, layer: str, shape: Sequence[int | None]) -> None:
    """Raises the ValueError that `tap` would, without building the network or looking at weights.

    Args:
        model, layer: as in `tap`.
        shape: of the layer's output, with the batch.
    """
    _path(functional_core(model), layer)
    _check_units(layer, shape)


def _check_units(layer, shape):
    if len(shape) not in (2, 4):
        raise ValueError(
            f"{layer!r} has an output of shape {tuple(shape)}, expected (B, units) or (B, H, W, filters): choose "
            "another layer."
        )


def functional_core(model: Any) -> keras.Model:
    """The model itself, or its Functional core.

    Raises:
        ValueError: if a subclassed model has no Functional core, or there are several inputs.
    """
    core = model.as_functional() if hasattr(model, "as_functional") else model
    if not isinstance(core, keras.Model) or not getattr(core, "inputs", None):
        name = getattr(core, "name", type(core).__name__)
        raise ValueError(
            f"{name!r} is a {type(core).__name__} whose layers can't be tapped: pass a Functional or a built "
            "Sequential model, such as the Functional core of a subclassed one."
        )
    if len(core.inputs) != 1:
        raise ValueError(f"{core.name!r} has {len(core.inputs)} inputs, expected 1: pass a model with one input.")
    return core


def _path(model, name):
    """The graphs from the model to the one that has the layer, and the call in each that leads there."""
    nested, graph = enclosing_model(model, name), as_graph(model)
    if nested is not None:
        return [(graph, only_call(graph, nested.name, "tapped")), *_path(nested, name)]
    if name not in {layer.name for layer in graph.layers}:
        raise ValueError(unknown("layer", name, sorted(layer_names(graph)), where=f" of {graph.name}"))
    return [(graph, only_call(graph, name, "tapped"))]


def _before_nonlinearity(path):
    *outer, (graph, call) = path
    network = _before_nonlinearity_of(graph, call)
    for around, call in reversed(outer):
        network = keras.Model(around.inputs[0], network(call.input_tensors[0]))
    return network


def _before_nonlinearity_of(graph, call):
    layer = call.operation
    if isinstance(layer, NONLINEAR):
        return keras.Model(graph.inputs[0], call.input_tensors[0])
    output = call.outputs[0]
    if getattr(layer, "activation", None) not in (None, keras.activations.linear):
        return keras.Model(graph.inputs[0], _pre_activation(layer, call))
    if isinstance(layer, (layers.Dense, layers.Conv2D, layers.DepthwiseConv2D)):
        after = [node for node in calls_in_order(graph) if any(tensor is output for tensor in node.input_tensors)]
        if len(after) == 1 and isinstance(after[0].operation, layers.BatchNormalization):
            output = after[0].outputs[0]
    return keras.Model(graph.inputs[0], output)


def _pre_activation(layer, call):
    linear = without_activation(layer, f"{layer.name}_pre_activation")
    return linear(*call.arguments.args, **call.arguments.kwargs)


def before_last_nonlinearity(classifier: keras.Model) -> Any:
    """The pre-activation of the classifier's last layer, averaged over the map: a tensor `(B, N)` of its graph.

    From the end, layers that only average, flatten or activate are passed over, also inside a nested model at the end.
    SqueezeNet, for example, ends in a convolution, its ReLU and the average over the map: its last layer is that
    convolution. If the last layer is of another kind, the result is the classifier's output.
    """
    layer = last_layer(classifier)
    received = classifier.outputs[0] if layer is None else tap(classifier, layer).network.outputs[0]
    return (
        keras.layers.GlobalAveragePooling2D(data_format="channels_last")(received)
        if len(received.shape) == 4
        else received
    )


def last_layer(model):
    """The name of the last layer that has units; `None` if it can't be determined."""
    layers = keras.layers
    passed: Any = (layers.GlobalAveragePooling2D, layers.Flatten, layers.Activation, layers.ReLU)
    history = as_graph(model).outputs[0]._keras_history
    while isinstance(history.operation, passed) or _keeps_scores(history.operation):
        history = history.operation._inbound_nodes[history.node_index].input_tensors[0]._keras_history
    if isinstance(history.operation, keras.Model):
        return last_layer(history.operation)
    known = isinstance(history.operation, (layers.Dense, layers.Conv2D, layers.DepthwiseConv2D))
    return history.operation.name if known else None


def _keeps_scores(operation):
    return isinstance(operation, Logits) and operation.kind == "logits" and operation.unit is None


def checked_units(units: Units, width: int, layer: str) -> np.ndarray:
    """The requested indices, int32 `(K,)`.

    Raises:
        ValueError: if there are no indices, or not all lie in `0..width - 1`.
    """
    if units is None:
        chosen = np.arange(width)
    elif isinstance(units, slice):
        chosen = np.arange(width)[units]
    else:
        chosen = np.atleast_1d(np.asarray(units))
    if chosen.size == 0 or chosen.ndim != 1 or not np.issubdtype(chosen.dtype, np.integer):
        raise ValueError(f"units must be one or more indices, received {units!r}")
    if chosen.min() < 0 or chosen.max() >= width:
        raise ValueError(f"units of {layer!r} must lie in 0..{width - 1}, received {units!r}")
    return chosen.astype("int32")


def _checked_position(position, shape, layer):
    where = np.asarray(position)
    if where.shape != (2,) or not np.issubdtype(where.dtype, np.integer):
        raise ValueError(f"position must be 'mean' or row and column, two integers, received {position!r}")
    for at, size in zip(where, shape[1:3], strict=True):
        if at < 0 or (size is not None and at >= size):
            raise ValueError(
                f"position must lie in the map of {layer!r}, {shape[1]} x {shape[2]}, received {position!r}"
            )
    return int(where[0]), int(where[1])
