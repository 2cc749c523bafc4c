"""The filters of the first convolution as images, and how much of their filters layers leave free."""

from typing import Any

import keras
import numpy as np
import pandas as pd

from kinv.analysis.filters.free import SHARE, FreeFilters, free_filters
from kinv.classifiers.replaced_filters import ReplacedFilters
from kinv.printable import file_stem, printable
from kinv.surgery.order import layers_in_order
from kinv.surgery.tap import functional_core

from ..subject import Subject
from ..unit_images import SHOWN

MOST = 64  # filters that are shown
FAINT = 0.05  # of the largest norm: filters that do next to nothing
ALIKE = 0.95  # cosine of two filters from which they do the same, but for the sign
FEWEST = 4  # images, half of which are held out
LARGEST = 2500  # weights of a filter: of more, the moments take minutes


def make(subject: Subject) -> dict[str, Any]:
    """The first convolution's filters, those that do next to nothing or what others do, and what is free in layers."""
    convolutions = [
        place.layer
        for place in layers_in_order(functional_core(subject.network))
        if isinstance(place.layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D)
    ]
    if not convolutions:
        raise ValueError("the network has no convolution, whose filters could be shown")
    shown = _shown(subject, convolutions[0])
    free = _free(subject, convolutions)
    found = pd.DataFrame(free)
    return {
        "sentences": _sentences(free),
        "shown": None if shown is None else shown[0],
        "free": free,
        "share": SHARE,
        "tables": [
            *([] if shown is None else [subject.keep_table("filters", shown[1])]),
            *([] if found.empty else [subject.keep_table("free_filters", found)]),
        ],
        "figures": [],
    }


def _shown(subject, layer):
    """What is said of the first convolution, and a table of its filters; None if they are no images."""
    kernel = keras.ops.convert_to_numpy(layer.kernel)
    if isinstance(layer, keras.layers.DepthwiseConv2D) or kernel.shape[2] not in SHOWN or max(kernel.shape[:2]) < 2:
        return None
    filters = np.moveaxis(kernel, -1, 0)
    norms, cosines = _compared(filters)
    table = pd.DataFrame({"filter": np.arange(len(filters)), "norm": norms, "most_alike": cosines})
    return {
        "layer": layer.name,
        "count": len(filters),
        "size": list(kernel.shape[:2]),
        "faint": int((norms < FAINT * norms.max()).sum()),
        "alike": int((cosines > ALIKE).sum()),
        "filters": [
            subject.keep_image(f"filters/{file_stem(layer.name)}-{place}", _drawn(one))
            for place, one in enumerate(filters[:MOST])
        ],
    }, table


def _free(subject, convolutions):
    """How much is free, for some of the convolutions that can be measured."""
    fit = [layer for layer in convolutions if _weights(layer) <= LARGEST and _can_be_cut(subject.network, layer.name)]
    images, _ = subject.sample(subject.settings.images)
    if not fit or len(images) < FEWEST:
        return []
    places = np.unique(np.linspace(0, len(fit) - 1, subject.settings.layers).round().astype(int))
    found = [free_filters(subject.network, fit[at].name, images, seed=subject.seed) for at in places]
    return [_row(one) for one in found]


def _weights(layer):
    """How many weights a filter has."""
    rows, columns, channels = layer.kernel.shape[:3]
    return rows * columns * (1 if isinstance(layer, keras.layers.DepthwiseConv2D) else channels)


def _can_be_cut(network, name):
    try:
        ReplacedFilters(network, name)
    except ValueError:
        return False
    return True


def _row(found: FreeFilters) -> dict[str, Any]:
    free, said = float(found.free.mean()), found.classes > 1  # of one class, that predictions stay says nothing
    return {
        "layer": found.layer,
        "weights": found.weights,
        "free": free,
        "share": free / found.weights,
        "unchanged": float(found.unchanged.mean()) if free and said else None,
        "control": float(found.control.mean()) if free and said else None,
    }


def _sentences(free):
    if not free:
        return []
    most = max(free, key=lambda row: row["share"])
    if not most["free"]:
        return ["In none of the convolutions measured, any mixture of a filter's weights is free to differ."]
    if most["unchanged"] is None:
        return []
    return [
        f"In {printable(most['layer'])}, {most['share']:.0%} of the mixtures of a filter's weights are free: filters "
        f"that differ in these as much as real weights do keep {most['unchanged']:.0%} of the predictions, others that "
        f"differ as much {most['control']:.0%}."
    ]


def _compared(filters):
    """Norms of filters `(K, ...)`, and the largest absolute cosine of each with another one, `(K,)` each."""
    flat = filters.reshape(len(filters), -1).astype("float64")
    norms = np.linalg.norm(flat, axis=1)
    unit = flat / np.where(norms > 0, norms, 1)[:, None]
    cosines = np.abs(unit @ unit.T)
    np.fill_diagonal(cosines, 0)
    return norms, cosines.max(axis=1)


def _drawn(one):
    """A filter `(h, w, C)` as an image in 0..255, of which 127.5 is a weight of zero."""
    return 127.5 + 127.5 * one / (np.abs(one).max() or 1)
