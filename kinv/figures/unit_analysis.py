"""What units look for and how much of it they ignore: the figures of Erhan, Courville and Bengio 2010."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from .style import QUIET, new_figure

COLORS = ("#222222", "#2f5fa8", "#b3372f", "#2a7f4f", "#8a5fb0", "#c08a2e")


def invariance_curves(measured: Mapping[str, Sequence[Any]]) -> Figure:
    """Figure 7 for some networks, above, and the activation over that at the optimum, below.

    Args:
        measured: by network, what `analysis.measure_invariance` returned: a `LayerInvariance` for each layer.
    """
    figure, axes = new_figure(3.6 * len(measured), 5.6, 2, len(measured))
    for column, (name, layers) in enumerate(measured.items()):
        above, below = axes[:, column]
        for color, layer in zip(COLORS, layers, strict=False):
            label = f"{layer.layer}: {layer.area:.2f} ({layer.low:.2f} to {layer.high:.2f})"
            above.plot(layer.epsilons, np.nanmean(layer.log_sigmoid, axis=0), color=color, label=layer.layer)
            first = layer.activations[:, :1]
            relative = np.where(first > 0, layer.activations / first, np.nan)
            below.plot(layer.epsilons, np.nanmedian(relative, axis=0), color=color, label=label)
        epsilons = layers[0].epsilons
        below.plot(epsilons, 1 - epsilons**2 / 2, color=QUIET, linestyle=":", label="linear unit: 0.94")
        above.set(title=name, ylabel="log sigmoid(activation), mean")
        below.set(xlabel="epsilon", ylabel="activation / at the optimum, median", ylim=(-1.1, 1.05))
        above.legend(frameon=False, fontsize=7, loc="lower left")
        below.legend(frameon=False, fontsize=7, loc="lower left", title="area", title_fontsize=7)
    return figure
