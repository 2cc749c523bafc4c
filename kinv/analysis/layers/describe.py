"""The layers of a network, and what each method can use them for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops

from kinv.choices import unknown
from kinv.classifiers.replaced_filters import check_replaceable
from kinv.models.coupled_generator.objective_scores import check_takes_images
from kinv.surgery.order import Place, Shape, layers_in_order
from kinv.surgery.tap import check_tap, functional_core, tap

METHODS = ("maximize_activation", "coupled_generator", "filter_gan")


@dataclass(frozen=True)
class LayerDescription:
    """A layer of a network.

    Attributes:
        name: what methods take as `layer=`.
        kind: its class, such as `Conv2D`.
        inside: the nested models that it is in, such as `resnet101`, the outermost first.
        output_shape: without the batch; None is any size.
        parameters: the number of its weights.
        activation: the name of its own activation function, `""` if it has none.
        units: the number of units that can be tapped, or 0.
        refused: why a method of `METHODS` can't use the layer; those that are not in it can.
    """

    name: str
    kind: str
    inside: tuple[str, ...]
    output_shape: Shape
    parameters: int
    activation: str
    units: int
    refused: dict[str, str] = field(repr=False)

    @property
    def usable_for(self) -> tuple[str, ...]:
        """The methods of `METHODS` that can use the layer."""
        return tuple(method for method in METHODS if method not in self.refused)


@dataclass(frozen=True, repr=False)
class LayerDescriptions:
    """The layers of a network, in the order of its graph.

    Attributes:
        network: the network's name.
        layers: from its inputs to its outputs.
    """

    network: str
    layers: tuple[LayerDescription, ...]

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[LayerDescription]:
        return iter(self.layers)

    def __getitem__(self, name: str) -> LayerDescription:
        found = {layer.name: layer for layer in self.layers}
        if name not in found:
            raise KeyError(unknown("layer", name, found, where=f" of {self.network}"))
        return found[name]

    def __repr__(self) -> str:
        usable = {method: sum(method in layer.usable_for for layer in self) for method in METHODS}
        counts = ", ".join(f"{count} for {method}" for method, count in usable.items())
        return f"LayerDescriptions({self.network}: {len(self)} layers, {counts}; try .to_frame())"

    def to_frame(self) -> pd.DataFrame:
        """A row per layer; a column per method has `""` where it can use the layer, else why not."""
        rows = [
            {name: value for name, value in vars(layer).items() if name != "refused"}
            | {"inside": "/".join(layer.inside)}
            | {method: layer.refused.get(method, "") for method in METHODS}
            for layer in self
        ]
        return pd.DataFrame(rows)


def describe_layers(model: Any) -> LayerDescriptions:
    """Lists the layers of a network, in the order of its graph, and what each can be used for.

    A layer has units for `maximize_activation` and the other analyses of units if `kinv.analysis.tap` can tap it, and
    as a target of the `CoupledGenerator` if the network takes images, too. A `FilterGAN` can replace its filters if it
    is a convolution that can be cut out. Nothing is trained or measured.

    Args:
        model: as in `kinv.analysis.tap`.

    Raises:
        ValueError: if the model is subclassed and has no Functional core, or has several inputs.

    Examples:
        >>> from kinv import classifiers
        >>> layers = describe_layers(classifiers.build("digit_cnn"))
        >>> layers["conv4"].output_shape, layers["conv4"].units, layers["conv4"].usable_for
        ((14, 14, 32), 32, ('maximize_activation', 'coupled_generator', 'filter_gan'))
        >>> list(layers["logits"].refused)
        ['filter_gan']
    """
    core = functional_core(model)
    no_images = _refusal(partial(check_takes_images, core))
    finite = all(np.isfinite(ops.convert_to_numpy(weights)).all() for weights in core.weights)
    return LayerDescriptions(
        core.name, tuple(_described(core, place, no_images, finite) for place in layers_in_order(core))
    )


def _described(core: keras.Model, place: Place, no_images: str, finite: bool) -> LayerDescription:
    layer = place.layer
    no_units = _refusal(
        partial(check_tap, core, layer.name, place.leaving) if finite else partial(tap, core, layer.name)
    )
    reasons = {
        "maximize_activation": no_units,
        "coupled_generator": no_images or no_units,
        "filter_gan": _refusal(partial(check_replaceable, core, layer.name, place.entering)),
    }
    activation = getattr(getattr(layer, "activation", None), "__name__", "")
    return LayerDescription(
        layer.name,
        type(layer).__name__,
        place.inside,
        place.leaving[1:],
        layer.count_params(),
        "" if activation == "linear" else activation,
        0 if no_units else place.leaving[-1] or 0,
        {method: reason for method, reason in reasons.items() if reason},
    )


def _refusal(check: Callable[[], Any]) -> str:
    """Why a check refuses; `""` if it does not."""
    try:
        check()
    except ValueError as error:
        return str(error)
    return ""
