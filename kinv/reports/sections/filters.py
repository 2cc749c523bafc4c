"""The filters of the first convolution, as images."""

from typing import Any

import keras
import numpy as np
import pandas as pd

from kinv.printable import file_stem
from kinv.surgery.order import layers_in_order
from kinv.surgery.tap import functional_core

from ..subject import Subject
from ..unit_images import SHOWN

MOST = 64  # filters that are shown
FAINT = 0.05  # of the largest norm: filters that do next to nothing
ALIKE = 0.95  # cosine of two filters from which they do the same, but for the sign


def make(subject: Subject) -> dict[str, Any]:
    """The first convolution's filters, how many do next to nothing, and how many do what another one does."""
    convolutions = (
        place.layer
        for place in layers_in_order(functional_core(subject.network))
        if isinstance(place.layer, keras.layers.Conv2D) and not isinstance(place.layer, keras.layers.DepthwiseConv2D)
    )
    layer = next(convolutions, None)
    kernel = None if layer is None else keras.ops.convert_to_numpy(layer.kernel)
    if layer is None or kernel is None or kernel.shape[2] not in SHOWN or max(kernel.shape[:2]) < 2:
        raise ValueError("the network does not begin with a convolution of images, whose filters could be shown")
    filters = np.moveaxis(kernel, -1, 0)
    norms, cosines = _compared(filters)
    table = pd.DataFrame({"filter": np.arange(len(filters)), "norm": norms, "most_alike": cosines})
    return {
        "sentences": [],
        "layer": layer.name,
        "count": len(filters),
        "size": list(kernel.shape[:2]),
        "faint": int((norms < FAINT * norms.max()).sum()),
        "alike": int((cosines > ALIKE).sum()),
        "filters": [
            subject.keep_image(f"filters/{file_stem(layer.name)}-{place}", _drawn(one))
            for place, one in enumerate(filters[:MOST])
        ],
        "tables": [subject.keep_table("filters", table)],
        "figures": [],
    }


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
