"""One look for all figures."""

import io
import os
from collections.abc import Mapping
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from kinv.whole_file import whole_file

from .labels import fitted
from .labels import width as text_width

DPI = 150
INK, QUIET = "#222222", "#6f6f6f"
ACCENT, BAD, GOOD = "#0072B2", "#D55E00", "#009E73"  # blue, vermilion, green: told apart by the colour-blind,
SERIES = (  # Okabe and Ito's palette, 2008; lines differ in their dashes and marks as well
    {"color": INK, "linestyle": "-", "marker": "o"},
    {"color": ACCENT, "linestyle": "--", "marker": "s"},
    {"color": BAD, "linestyle": "-.", "marker": "^"},
    {"color": GOOD, "linestyle": (0, (6, 1.5)), "marker": "D"},
    {"color": "#CC79A7", "linestyle": (0, (3, 1, 1, 1, 1, 1)), "marker": "v"},
    {"color": "#E69F00", "linestyle": (0, (2, 1)), "marker": "P"},
    {"color": "#56B4E9", "linestyle": (0, (1, 1)), "marker": "X"},
)
LINEAR = {"color": QUIET, "linestyle": ":", "linewidth": 1.2}  # what a series is compared with
MARK, EVERY = 4, 0.12  # points, and marks along a line as a share of the figure
FEW = 25  # points of a line, each of which gets a mark
LINE = 0.19  # inches of a line of text
HANDLE = 0.75  # inches of a legend's column that are not letters


class NotebookFigure(Figure):
    """A figure that a notebook shows as a cell's last value. Pyplot, which would see to that, is not used."""

    def _repr_png_(self) -> bytes:
        drawn = io.BytesIO()
        self.savefig(drawn, format="png")
        return drawn.getvalue()


def new_figure(width: float, height: float, rows: int = 1, columns: int = 1, **grid):
    """A figure of a size in inches and its axes `(rows, columns)`; no window system is touched."""
    figure = NotebookFigure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False, **grid)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def headline(figure: Figure, text: str) -> None:
    """The title of a whole figure: which network, which layer, which images. Nothing where there is no text."""
    if text:
        figure.suptitle(_headline(text, figure.get_figwidth()), fontsize=11)


def headline_inches(text: str, width: float) -> float:
    """How high a headline is in a figure of this width in inches."""
    return LINE * (_headline(text, width).count("\n") + 1.5) if text else 0.0


def _headline(text, width):
    return fitted(text, 0.85 * width, lines=3)  # of eleven points


def series(number: int, points: int | None = None) -> dict[str, Any]:
    """How the number-th line of a plot is drawn, of so many points: few of them are all marked."""
    style = dict(next(islice(cycle(SERIES), number, None)))
    return {**style, "markersize": MARK, "markevery": 1 if points is not None and points <= FEW else EVERY}


def mark_clipped(axis: Any, x: Any, y: Any, color: str) -> None:
    """Arrowheads at the edge of the axes where a line goes on outside of them. The axes' limits must be set."""
    low, high = axis.get_ylim()
    x, y = np.asarray(x), np.asarray(y)
    for beyond, edge, marker in ((y < low, low, "v"), (y > high, high, "^")):
        if beyond.any():
            axis.plot(x[beyond][:1], [edge], marker=marker, color=color, clip_on=False, markersize=7)


def show_image(axis, image) -> None:
    """Draws one image `(H, W, 1 or 3)` in 0..255, without ticks."""
    pixels = image.round().clip(0, 255).astype("uint8")
    axis.imshow(pixels[..., 0] if pixels.shape[-1] == 1 else pixels, cmap="gray", vmin=0, vmax=255)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def legend_beside(axis, **settings: Any) -> None:
    """A legend on the right of the axes, where it covers nothing.

    Matplotlib's search for the best place inside the axes is slow on a busy machine, and then warns.
    """
    axis.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0), **settings)


def legend_below(figure: Figure, axis: Any) -> None:
    """A legend of one of the axes under all of them, in as many columns as fit."""
    handles, names = axis.get_legend_handles_labels()
    columns = int(figure.get_figwidth() / (max(map(text_width, names)) + HANDLE))
    figure.legend(handles, names, frameon=False, loc="outside lower center", ncols=max(1, columns))


def note_below(figure: Figure, text: str) -> None:
    """What marks and numbers mean, under all axes."""
    figure.supxlabel(fitted(text, 0.9 * figure.get_figwidth(), lines=4), fontsize=10)


def save_figures(figures: Mapping[str, Figure], folder: str | os.PathLike) -> list[Path]:
    """Writes figures as PNG files called after their names; the folder is created. Returns the paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.png" for name in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        with whole_file(path) as draft:
            figure.savefig(draft)
    return paths
