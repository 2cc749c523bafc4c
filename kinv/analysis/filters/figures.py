"""The figure of other filters: accuracy over how far they move a layer's outputs."""

import numpy as np
from matplotlib.figure import Figure

from kinv.figures.style import LINEAR, headline, legend_below, new_figure, series

from .curves import MovementCurves

BAND = 0.15  # opacity of intervals
FEW = 2  # sets


def movement_curves(found: MovementCurves, title: str = "") -> Figure:
    """A line for each kind of filters, with 95 % intervals of more than two sets; dotted, the network with its own.

    Where no set of a kind moves outputs so far, its line ends.

    Args:
        found: the result of `kinv.analysis.filters.curves.movement_curves`.
        title: title of the figure.
    """
    figure, ((axis,),) = new_figure(6.4, 4.6)
    at, (low, high) = np.append(0.0, found.movements), found.intervals()
    for number, (name, values) in enumerate(zip(found.names, found.accuracies(), strict=True)):
        line = series(number, len(at))
        axis.plot(at, np.append(found.network, values), **line, label=name)
        if (~np.isnan(found.by_set[number])).sum(axis=1).max() > FEW:  # of fewer, intervals are as wide as the figure
            ends = (np.append(found.network, end[number]) for end in (low, high))
            axis.fill_between(at, *ends, color=line["color"], alpha=BAND, linewidth=0)
    axis.axhline(found.network, **LINEAR)
    axis.set(
        xlabel="movement of outputs, in their deviation between images",
        ylabel="accuracy",
        xlim=(0, at[-1]),
        ylim=(min(0.5, float(np.nanmin(found.accuracies())) - 0.05), 1.005),
    )
    legend_below(figure, axis)
    headline(figure, title or f"{found.layer}: other filters, nothing retrained")
    return figure
