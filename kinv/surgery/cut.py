"""Cuts a classifier in two at one of its layers."""

from dataclasses import dataclass
from typing import Any

import keras
from keras.src.models.functional import Functional  # Keras has no public access

from kinv.choices import unknown
from kinv.results import Result


@dataclass(frozen=True, repr=False)
class Split(Result):
    """The part before a layer, the layer, and the part after it; they share the classifier's weights.

    Attributes:
        below: model from images to the layer's input and to `past`. These are the tensors that bypass the layer, such
            as the shortcut of a residual block.
        layer: the layer itself.
        above: model from the layer's output and `past` to logits.
    """

    below: keras.Model
    layer: keras.Layer
    above: keras.Model

    def enter(self, images: Any) -> tuple[Any, list[Any]]:
        """The layer's input and `past` for images `(B, H, W, C)` in 0..255."""
        return self.separate(self.below(images, training=False))

    def separate(self, outputs: Any) -> tuple[Any, list[Any]]:
        """The layer's input and `past` from what `below` returns."""
        return (outputs[0], list(outputs[1:])) if len(self.below.outputs) > 1 else (outputs, [])

    def leave(self, output: Any, past: list[Any]) -> Any:
        """Logits from the layer's output and `past`."""
        return self.above([output, *past] if past else output, training=False)


def split(classifier: keras.Model, name: str) -> Split:
    """Cuts a Functional classifier at the layer called `name`, which may be inside a nested model.

    Raises:
        ValueError: if there is no such layer, or more than one, if it is called more than once or has several inputs
            or outputs, or if the model is not Functional.

    Examples:
        >>> from kinv import classifiers
        >>> parts = split(classifiers.build("digit_cnn"), "conv4")
        >>> parts.below.output_shape, parts.above.output_shape
        ((None, 14, 14, 32), (None, 10))
    """
    nested = enclosing_model(classifier, name)
    if nested is None:
        return _split_at(classifier, name)
    outer, inner = _split_at(classifier, nested.name), split(nested, name)
    entered, past = outer.enter(outer.below.input)
    entering, shortcuts = inner.enter(entered)
    below = _model(outer.below.inputs, [entering, *shortcuts, *past])
    output, *inputs = (keras.Input(batch_shape=t.shape) for t in (*inner.above.inputs, *past))
    inside = len(inner.above.inputs) - 1
    above = _model([output, *inputs], [outer.leave(inner.leave(output, inputs[:inside]), inputs[inside:])])
    return Split(below, inner.layer, above)


def layer_to_cut(classifier: keras.Model, name: str) -> keras.Layer:
    """The layer that `split` would cut at, without building the parts.

    Raises:
        ValueError: as in `split`.
    """
    nested = enclosing_model(classifier, name)
    _, call = _nodes_and_call(classifier, name if nested is None else nested.name)
    return call.operation if nested is None else layer_to_cut(nested, name)


def freeze_up_to(classifier: keras.Model, layer: str) -> None:
    """Freezes all weights up to and including a layer. A compiled classifier must be compiled again."""
    above = {id(variable) for variable in split(classifier, layer).above.trainable_variables}
    for part in classifier._flatten_layers(include_self=False):
        if part.weights and not isinstance(part, keras.Model):
            part.trainable = any(id(variable) in above for variable in part.trainable_variables)


def convolutions(classifier: keras.Model) -> list[str]:
    """The names of all convolution layers, nested ones included."""
    names = []
    for layer in classifier.layers:
        if isinstance(layer, keras.Model):
            names += convolutions(layer)
        elif isinstance(layer, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)):
            names.append(layer.name)
    return names


def layer_names(model: keras.Model) -> set[str]:
    """The names of all layers except inputs, nested ones included."""
    nested = (layer_names(layer) for layer in model.layers if isinstance(layer, keras.Model))
    own = {layer.name for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)}
    return own.union(*nested)


def enclosing_model(classifier: keras.Model, name: str) -> keras.Model | None:
    """The nested model that contains the layer; `None` if the classifier has it itself, or nothing does.

    Raises:
        ValueError: if more than one nested model has it.
    """
    if any(layer.name == name for layer in classifier.layers):
        return None
    nested = [layer for layer in classifier.layers if isinstance(layer, keras.Model) and name in layer_names(layer)]
    if len(nested) > 1:
        raise ValueError(
            f"{classifier.name} has a layer {name!r} in each of {', '.join(model.name for model in nested)}: "
            "name them differently, or pass one of those models."
        )
    return nested[0] if nested else None


def has_graph(model: keras.Model) -> bool:
    """Whether the model computes what its graph of layers does: Functional or Sequential, with its class's `call`."""
    kind = keras.Sequential if isinstance(model, keras.Sequential) else Functional
    return isinstance(model, kind) and type(model).call is kind.call


def as_graph(model: keras.Model) -> keras.Model:
    """Turns a Sequential model into a Functional one of the same layers; returns a Functional one unchanged.

    Raises:
        ValueError: if the model is subclassed: it has no graph, or its `call` does something else.
    """
    if not has_graph(model):
        raise ValueError(
            f"{model.name!r} is a subclassed {type(model).__name__} with its own `call`; only Functional and "
            "Sequential models can be cut: pass its Functional core, such as keras.Model(inputs, outputs)."
        )
    if isinstance(model, keras.Sequential):
        return keras.Model(model.inputs, model.outputs, name=model.name)
    return model


def calls_in_order(graph: keras.Model) -> list[Any]:
    """The calls of a Functional model, from its inputs to its outputs; those of equal depth as they were made."""
    return [node for depth in sorted(graph._nodes_by_depth, reverse=True) for node in graph._nodes_by_depth[depth]]


def _split_at(model, name):
    model = as_graph(model)
    nodes, call = _nodes_and_call(model, name)
    after, past = {id(call.outputs[0])}, []
    for node in nodes:
        if any(id(tensor) in after for tensor in node.input_tensors):
            after.update(id(tensor) for tensor in node.outputs)
    for node in nodes:
        if any(id(tensor) in after for tensor in node.input_tensors):
            past += [t for t in node.input_tensors if id(t) not in after and all(t is not other for other in past)]
    end = model.outputs[0]
    if end is call.outputs[0]:
        end = keras.layers.Identity()(end)  # nothing comes after it
    below = _model(model.inputs, [call.input_tensors[0], *past])
    return Split(below, call.operation, _model([call.outputs[0], *past], [end]))


def _nodes_and_call(model, name):
    """All calls of a model, from its inputs to its outputs, and the one of the layer."""
    if name not in {layer.name for layer in model.layers}:
        raise ValueError(unknown("convolution", name, convolutions(model), where=f" of {model.name}"))
    graph = as_graph(model)
    return calls_in_order(graph), only_call(graph, name, "cut out", inputs=1)


def only_call(graph: keras.Model, name: str, done: str, inputs: int | None = None) -> Any:
    """The one call of a layer in a graph.

    Args:
        graph: a Functional model.
        name: of the layer.
        done: what can't be done with others, such as `"tapped"`.
        inputs: how many inputs it must have; None for any number.

    Raises:
        ValueError: the layer is called more than once, or has several outputs, or another number of inputs.
    """
    calls = [node for node in calls_in_order(graph) if node.operation.name == name]
    if len(calls) == 1 and len(calls[0].outputs) == 1 and inputs in (None, len(calls[0].input_tensors)):
        return calls[0]
    needed = "one output" if inputs is None else "one input and one output"
    raise ValueError(
        f"{name!r} of {graph.name} can't be {done}: it must be called once and have {needed}. Choose another layer."
    )


def _model(inputs, outputs):
    """A Functional model that takes and returns single tensors, not lists of one.

    An input that is an output as well passes a layer of its own: in another model, Keras would see a cycle.
    """
    outputs = [
        keras.layers.Identity(dtype=tensor.dtype)(tensor) if any(tensor is one for one in inputs) else tensor
        for tensor in outputs
    ]
    return keras.Model(*(tensors[0] if len(tensors) == 1 else tensors for tensors in (inputs, outputs)))
