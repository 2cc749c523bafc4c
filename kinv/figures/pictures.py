"""Pictures beside each other: in labelled rows, and on contact sheets."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from .style import new_figure, show_picture

WIDEST = 16  # letters of a label


def labelled_rows(rows: Mapping[str, np.ndarray], titles: Sequence[str] = (), inches: float = 1.2) -> Figure:
    """Pictures in rows, with a label beside each.

    Args:
        rows: by label, `(K, H, W, 1 or 3)` in 0..255; a picture that is not finite is left out.
        titles: over the columns.
        inches: of a picture.
    """
    columns = max(len(pictures) for pictures in rows.values())
    figure, axes = new_figure(inches * columns + 0.4, inches * len(rows), len(rows), columns)
    for row, (label, pictures) in zip(axes, rows.items(), strict=True):
        for axis, picture in zip(row, pictures, strict=False):
            _show(axis, picture)
        for axis in row[len(pictures) :]:
            axis.set_axis_off()
        row[0].set_ylabel(textwrap.fill(label, WIDEST), fontsize=8)
    for axis, title in zip(axes[0], titles, strict=False):
        axis.set_title(textwrap.fill(title, WIDEST), fontsize=8)
    return figure


def contact_sheet(pictures: np.ndarray, labels: Sequence[str], columns: int = 10, inches: float = 1.2) -> Figure:
    """Pictures row by row, each under its label.

    Args:
        pictures: `(N, H, W, 1 or 3)` in 0..255.
        labels: one for each.
        columns: pictures of a row.
        inches: of a picture.
    """
    rows = -(-len(pictures) // columns)
    columns = min(columns, len(pictures))
    figure, axes = new_figure(inches * columns, (inches + 0.2) * rows, rows, columns)
    for axis, picture, label in zip(axes.flat[: len(pictures)], pictures, labels, strict=True):
        _show(axis, picture)
        axis.set_title(textwrap.shorten(label, WIDEST + 2, placeholder="…"), fontsize=7, pad=2)
    for axis in axes.flat[len(pictures) :]:
        axis.set_axis_off()
    return figure


def _show(axis, picture):
    if np.isfinite(picture).all():
        show_picture(axis, picture)
    else:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
