"""The figures of "Parametrizing filters of a CNN with a GAN"."""

from collections.abc import Mapping

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from .style import INK, new_figure, show_picture


def filters_as_colors(filters: Mapping[str, np.ndarray], shown: int = 16) -> Figure:
    """Figure 2: filters as small RGB pictures, a third of the input channels summed for each colour.

    Args:
        filters: by title, such as "real" and the draws: `(rows, columns, C, F)`; a row of pictures each.
        shown: how many filters of each.
    """
    shown = min(shown, *(kernel.shape[-1] for kernel in filters.values()))
    figure, axes = new_figure(0.6 * shown + 1, 0.65 * len(filters) + 0.3, len(filters), shown)
    for row, (title, kernel) in zip(axes, filters.items(), strict=True):
        thirds = np.array_split(kernel, 3, axis=2) if kernel.shape[2] >= 3 else [kernel] * 3
        colors = np.stack([third.sum(axis=2) for third in thirds], axis=2)  # (rows, columns, 3, F)
        largest = np.abs(colors).max()
        for axis, index in zip(row, range(shown), strict=True):
            show_picture(axis, 127.5 + 127.5 * colors[..., index] / largest)
        row[0].set_ylabel(title, rotation=0, ha="right", va="center", fontsize=8)
    return figure


def activation_grid(pictures: np.ndarray, title: str = "") -> Figure:
    """Figures 3, 4, 6 and 7: a grid of pictures whose activations match; the original is in the middle.

    Args:
        pictures: `(R, R, H, W, C)` in 0..255.
        title: above the grid.
    """
    cells = len(pictures)
    figure, axes = new_figure(0.62 * cells, 0.62 * cells + 0.3, cells, cells)
    for axis, picture in zip(axes.flat, pictures.reshape(-1, *pictures.shape[2:]), strict=True):
        show_picture(axis, picture)
    middle = axes[cells // 2, cells // 2]
    middle.spines[:].set(visible=True, color="#2f5fa8", linewidth=2)
    figure.suptitle(title, fontsize=9)
    return figure


def map_of_filters(real: np.ndarray, generated: np.ndarray) -> Figure:
    """Figure 5: real and generated filters, scaled to the plane; one colour for each real filter.

    Args:
        real: `(F, 2)`.
        generated: `(draws, F, 2)`.
    """
    figure, ((axis,),) = new_figure(6, 5.5)
    colors = colormaps["hsv"](np.linspace(0, 1, len(real), endpoint=False))
    for index, color in enumerate(colors):
        axis.scatter(*generated[:, index].T, s=9, color=color, alpha=0.6, linewidths=0)
        axis.scatter(*real[index], s=60, color=color, marker="*", edgecolors=INK, linewidths=0.6)
    axis.set(title="filters: real (stars) and generated", xticks=[], yticks=[])
    axis.set_aspect("equal")
    return figure
