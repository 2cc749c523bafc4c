"""Images side by side: in labelled rows, and on contact sheets."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from kinv.arrays import check_drawn

from .labels import label, wrapped
from .style import new_figure, show_image

SHORTEST = 18  # letters under an image of a sheet


def labelled_rows(rows: Mapping[str, np.ndarray], titles: Sequence[str] = (), inches: float = 1.2) -> Figure:
    """Images in rows, with a label beside each.

    Args:
        rows: images `(K, H, W, 1 or 3)` in 0..255 by label; an image that is not finite is left out.
        titles: titles of the columns.
        inches: side of an image in inches.

    Raises:
        ValueError: no images, images of another shape, or values out of range.
    """
    if not rows:
        raise ValueError("rows must hold at least one row of images, received none")
    rows = {name: check_drawn(images, f"row {name!r:.40}", finite=False) for name, images in rows.items()}
    columns = max(len(images) for images in rows.values())
    figure, axes = new_figure(inches * columns + 0.4, inches * len(rows), len(rows), columns)
    for row, (name, images) in zip(axes, rows.items(), strict=True):
        for axis, image in zip(row, images, strict=False):
            _show(axis, image)
        for axis in row[len(images) :]:
            axis.set_axis_off()
        row[0].set_ylabel(wrapped(name), fontsize=8)
    for axis, title in zip(axes[0], titles, strict=False):
        axis.set_title(wrapped(title), fontsize=8)
    return figure


def contact_sheet(images: np.ndarray, labels: Sequence[str], columns: int = 10, inches: float = 1.2) -> Figure:
    """Images row by row, each under its label.

    Args:
        images: `(N, H, W, 1 or 3)` in 0..255.
        labels: one label per image.
        columns: images per row.
        inches: side of an image in inches.

    Raises:
        ValueError: images of another shape or range, or not one label for each.
    """
    images = check_drawn(images, "images", finite=False)
    if len(labels) != len(images) or columns < 1:
        raise ValueError(
            f"expected a label for each image and at least one column, received {len(labels)} labels of {len(images)} "
            f"images, and {columns}"
        )
    rows = -(-len(images) // columns)
    columns = min(columns, len(images))
    figure, axes = new_figure(inches * columns, (inches + 0.2) * rows, rows, columns)
    for axis, image, name in zip(axes.flat[: len(images)], images, labels, strict=True):
        _show(axis, image)
        axis.set_title(label(name, SHORTEST), fontsize=7, pad=2)
    for axis in axes.flat[len(images) :]:
        axis.set_axis_off()
    return figure


def _show(axis, image):
    if np.isfinite(image).all():
        show_image(axis, image)
    else:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
