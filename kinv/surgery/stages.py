"""The stages of a network: layers that everything passes, evenly from its inputs to its outputs."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from .cut import as_graph, calls_in_order, layer_names
from .logits import Logits
from .tap import functional_core

PASSED: Any = (
    keras.layers.Dropout, keras.layers.Flatten, keras.layers.Reshape, keras.layers.ZeroPadding2D,
    keras.layers.Cropping2D, keras.layers.MaxPooling2D, keras.layers.AveragePooling2D,
    keras.layers.GlobalAveragePooling2D, keras.layers.GlobalMaxPooling2D, keras.layers.Identity, Logits,
)  # fmt: skip
LEAST = 4  # ends of blocks that make a network one of blocks


def stages(model: Any, count: int = 8) -> list[str]:
    """Names of at most `count` layers that all paths from the input to the output pass, the last one included.

    Between two layers with a kernel, it is the last layer that does more than reshape, drop or pool. In a network of
    blocks, whose paths join in sums or concatenations, only the ends of blocks count, and the last layer. Of these,
    `count` are chosen as evenly as possible.

    Args:
        model: Functional or Sequential, with one input; or one that has a Functional core.
        count: the most stages, at least 1.

    Raises:
        ValueError: no layer with a kernel is passed by all paths.

    Examples:
        >>> from kinv import classifiers
        >>> stages(classifiers.build("squeezenet"), 5)
        ['fire3_concat', 'fire5_concat', 'fire6_concat', 'fire8_concat', 'conv10']
    """
    core = as_graph(functional_core(model))
    if count < 1:
        raise ValueError(f"count must be at least 1, received {count}")
    unique = _unique_names(core)
    last: dict[int, tuple[str, bool]] = {}
    for name, kernels, joins in _passages(core, 0):
        if kernels and name in unique:
            last[kernels] = name, joins or last.get(kernels, ("", False))[1]
    names = [name for name, _ in last.values()]
    if not names:
        raise ValueError(f"{core.name!r} has no layer with a kernel that all paths pass: name the layers.")
    ends = [name for name, joins in last.values() if joins and name != names[-1]] + names[-1:]
    names = ends if len(ends) >= min(count, LEAST) else names
    count = min(count, len(names))
    places = np.linspace(len(names) / count - 1, len(names) - 1, count)
    return [names[place] for place in np.round(places).astype(int)]


def _passages(graph: keras.Model, kernels: int) -> Iterator[tuple[str, int, bool]]:
    """Layers that all paths pass, with the number of layers with a kernel up to them, and whether paths join there."""
    calls = [call for call in calls_in_order(graph) if call.input_tensors]
    needed = {id(tensor): len(calls) for tensor in graph.outputs}
    for number in reversed(range(len(calls))):
        for tensor in calls[number].input_tensors:
            needed.setdefault(id(tensor), number)
    live = {id(tensor) for tensor in graph.inputs}
    for number, call in enumerate(calls):
        operation = call.operation
        alone = live <= {id(tensor) for tensor in call.input_tensors} and len(call.input_tensors) == 1
        live |= {id(tensor) for tensor in call.outputs}
        live = {one for one in live if needed.get(one, -1) > number}
        if _is_graph(operation):
            inside = list(_passages(as_graph(operation), kernels))
            if alone:
                yield from inside
            kernels = kernels + sum(_has_kernel(layer) for layer in operation._flatten_layers())
            continue
        kernels += _has_kernel(operation)
        through = live == {id(call.outputs[0])} and len(call.outputs) == 1
        if through and isinstance(operation, keras.Layer) and not isinstance(operation, PASSED):
            yield operation.name, kernels, len(call.input_tensors) > 1


def _is_graph(operation: Any) -> bool:
    """Whether it is a nested model whose layers can be looked at."""
    return isinstance(operation, keras.Sequential) or hasattr(operation, "_nodes_by_depth")


def _has_kernel(operation: Any) -> bool:
    own = isinstance(operation, keras.Layer) and not isinstance(operation, keras.Model)
    return own and any(len(weights.shape) > 1 for weights in operation.weights)


def _unique_names(graph: keras.Model) -> set[str]:
    """Names of layers that are called once and are in one place."""
    counts: dict[str, int] = {}

    def count(model):
        for call in calls_in_order(as_graph(model)):
            operation = call.operation
            counts[operation.name] = counts.get(operation.name, 0) + 1
            if _is_graph(operation):
                count(operation)

    count(graph)
    return {name for name in layer_names(graph) if counts.get(name) == 1}
