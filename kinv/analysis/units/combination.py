"""Units of upper layers as sums of first-layer filters."""

from typing import Any

import keras
import numpy as np
from keras import layers

from kinv.choices import unknown
from kinv.surgery.cut import as_graph
from kinv.surgery.tap import Units, checked_units, functional_core

PASSED_OVER = (layers.InputLayer, layers.Rescaling, layers.Reshape, layers.Flatten, layers.Activation, layers.Dropout)


def combine_filters(model: Any, layer: str, units: Units = None, strongest: int | None = 100) -> np.ndarray:
    """The filters of units as weighted sums of the filters of the layer below, down to the first layer.

    Lee, Ekanadham and Ng 2008; Erhan, Courville and Bengio 2010, section 2.1. Nonlinearities
    between the layers, such as sigmoids, are ignored.

    Args:
        model: see `kinv.analysis.tap`; up to the layer it must have dense layers, one after the other.
        layer: the name of the layer.
        units: an index, indices, a range or a slice of them; default: all.
        strongest: how many connections to the layer below are used, those with the largest absolute weights; `None`
            uses all. The paper uses 100.

    Returns:
        The filters, float32 `(K, ...)`, with the shape of inputs.

    Raises:
        ValueError: if there is no such layer or unit, or a layer below it is of another kind.
    """
    core = as_graph(functional_core(model))
    if strongest is not None and strongest < 1:
        raise ValueError(f"strongest must be at least 1, received {strongest}")
    names = [one.name for one in core.layers]
    if layer not in names:
        raise ValueError(unknown("layer", layer, names, where=f" of {core.name}"))
    way = core.layers[: names.index(layer) + 1]
    kinds = [type(one) for one in way if not isinstance(one, (layers.Dense, *PASSED_OVER))]
    if kinds or not isinstance(way[-1], layers.Dense):
        raise ValueError(
            f"combine_filters needs dense layers, one after the other; up to {layer!r} there are also "
            f"{', '.join(sorted({kind.__name__ for kind in kinds or [type(way[-1])]}))}."
        )
    kernels = [keras.ops.convert_to_numpy(one.kernel) for one in way if isinstance(one, layers.Dense)]
    chosen = checked_units(units, kernels[-1].shape[1], layer)
    filters = kernels[0].T
    for kernel in kernels[1:]:
        filters = _strongest(kernel, strongest).T @ filters
    return filters[chosen].reshape(len(chosen), *core.input_shape[1:]).astype("float32")


def _strongest(kernel, count):
    """The kernel with only the largest weights of every unit; the others are zero."""
    if count is None or count >= len(kernel):
        return kernel
    least = np.partition(np.abs(kernel), -count, axis=0)[-count]
    return np.where(np.abs(kernel) >= least, kernel, 0)
