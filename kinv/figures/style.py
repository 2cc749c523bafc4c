"""One look for all figures."""

import os
from collections.abc import Mapping
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from kinv.whole_file import whole_file

INK, QUIET, GOOD, BAD, ACCENT = "#222222", "#8a8a8a", "#2a7f4f", "#b3372f", "#2f5fa8"
DPI = 100


def new_figure(width: float, height: float, rows: int = 1, columns: int = 1, **grid):
    """A figure of a size in inches and its axes `(rows, columns)`; no window system is touched."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False, **grid)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def show_image(axis, image) -> None:
    """Draws one image `(H, W, 1 or 3)` in 0..255, without ticks."""
    pixels = image.round().clip(0, 255).astype("uint8")
    axis.imshow(pixels[..., 0] if pixels.shape[-1] == 1 else pixels, cmap="gray", vmin=0, vmax=255)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def legend_beside(axis, fontsize: int = 8) -> None:
    """A legend on the right of the axes, where it covers nothing.

    Matplotlib's search for the best place inside the axes is slow on a busy machine, and then warns.
    """
    axis.legend(frameon=False, fontsize=fontsize, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def save_figures(figures: Mapping[str, Figure], folder: str | os.PathLike) -> list[Path]:
    """Writes figures as PNG files called after their names; the folder is created. Returns the paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.png" for name in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        with whole_file(path) as draft:
            figure.savefig(draft)
    return paths
