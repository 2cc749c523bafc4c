"""The layers of which a report speaks, and how deep in the network they are."""

from dataclasses import dataclass

import keras

from kinv.surgery.order import layers_in_order
from kinv.surgery.stages import stages
from kinv.surgery.tap import functional_core


@dataclass(frozen=True)
class Stage:
    """A layer that everything passes.

    Attributes:
        name: the layer's.
        depth: how many layers with weights there are up to it.
        layers: how many there are in all.
    """

    name: str
    depth: int
    layers: int


def stages_of(network: keras.Model, count: int) -> list[Stage]:
    """At most `count` stages (`kinv.surgery.stages.stages`), from the first to the last.

    Raises:
        ValueError: the network has no layer with weights that everything passes.
    """
    core = functional_core(network)
    try:
        names = stages(core, count)
    except ValueError as error:
        raise ValueError("the network has no layer with weights that everything passes, to look into it") from error
    depths, weighted = {}, 0
    for place in layers_in_order(core):
        weighted += any(len(weights.shape) > 1 for weights in place.layer.weights)
        depths[place.layer.name] = weighted
    return [Stage(name, depths[name], weighted) for name in names]
