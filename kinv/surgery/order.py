"""Every layer of a network in the order of the graph, with the shapes that enter and leave it there."""

from collections.abc import Iterator
from dataclasses import dataclass

import keras

from .cut import as_graph, calls_in_order

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Place:
    """A layer, and where it is.

    Attributes:
        layer: the layer.
        inside: the names of the nested models around it, the outermost first.
        entering: the shape of its first input, with the batch.
        leaving: the shape of its first output, with the batch.
    """

    layer: keras.Layer
    inside: tuple[str, ...]
    entering: Shape
    leaving: Shape


def layers_in_order(model: keras.Model) -> list[Place]:
    """All layers but inputs, from the inputs to the outputs; nested models give way to their layers.

    A layer that is called more than once is listed where it is called first.
    """
    graph = as_graph(model)
    return list(_places(graph, [tensor.shape for tensor in graph.inputs], ()))


def _places(graph: keras.Model, shapes: list[Shape], inside: tuple[str, ...]) -> Iterator[Place]:
    seen: set[int] = set()
    calls = [call for call in calls_in_order(graph) if call.input_tensors]
    shape_of = _shapes(graph, calls, shapes)
    for call in calls:
        layer = call.operation
        if not isinstance(layer, keras.Layer) or id(layer) in seen:
            continue
        seen.add(id(layer))
        if isinstance(layer, keras.Model):
            entering = [shape_of[id(tensor)] for tensor in call.input_tensors]
            yield from _places(as_graph(layer), entering, (*inside, layer.name))
        else:
            yield Place(layer, inside, shape_of[id(call.input_tensors[0])], shape_of[id(call.outputs[0])])


def _shapes(graph, calls, shapes):
    """The shape of every tensor of a graph, by its id, for inputs of these shapes."""
    tensors = [*graph.inputs, *(tensor for call in calls for tensor in call.outputs)]
    found = tensors
    if any(tuple(tensor.shape) != tuple(shape) for tensor, shape in zip(graph.inputs, shapes, strict=True)):
        inputs = [keras.KerasTensor(shape, tensor.dtype) for tensor, shape in zip(graph.inputs, shapes, strict=True)]
        found = keras.Model(graph.inputs, tensors).compute_output_spec(inputs)
    return {id(tensor): tuple(one.shape) for tensor, one in zip(tensors, found, strict=True)}
