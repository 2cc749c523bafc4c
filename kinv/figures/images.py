"""Images side by side: in labelled rows, and on contact sheets."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from kinv.arrays import check_drawn

from .labels import fitted
from .style import LINE, QUIET, headline, headline_inches, new_figure, show_image

NOT_FINITE = "not\nfinite"


def labelled_rows(
    rows: Mapping[str, np.ndarray], titles: Sequence[str] = (), inches: float = 1.2, title: str = ""
) -> Figure:
    """Images in rows, with a label beside each.

    Args:
        rows: images `(K, H, W, 1 or 3)` in 0..255 by label; of an image that is not finite, the figure says so.
        titles: titles of the columns.
        inches: side of an image in inches.
        title: title of the figure.

    Raises:
        ValueError: no images, images of another shape, or values out of range.
    """
    if not rows:
        raise ValueError("rows must hold at least one row of images, received none")
    rows = {name: check_drawn(images, f"row {name!r:.40}", finite=False) for name, images in rows.items()}
    columns = max(len(images) for images in rows.values())
    names = [fitted(name, inches, lines=3) for name in rows]
    beside = LINE * max(name.count("\n") + 1 for name in names) + 0.1
    width = inches * columns + beside
    heads = [fitted(text, 0.97 * inches, lines=3) for text in titles]
    above = LINE * max((text.count("\n") + 1 for text in heads), default=0) + headline_inches(title, width)
    figure, axes = new_figure(width, (inches + 0.05) * len(rows) + above, len(rows), columns)
    for row, name, images in zip(axes, names, rows.values(), strict=True):
        for axis, image in zip(row, images, strict=False):
            _show(axis, image)
        for axis in row[len(images) :]:
            axis.set_axis_off()
        row[0].set_ylabel(name)
    for axis, text in zip(axes[0], heads, strict=False):
        axis.set_title(text, fontsize=10)
    headline(figure, title)
    return figure


def contact_sheet(
    images: np.ndarray, labels: Sequence[str], columns: int = 8, inches: float = 1.2, title: str = ""
) -> Figure:
    """Images row by row, each under its label.

    Args:
        images: `(N, H, W, 1 or 3)` in 0..255.
        labels: one label per image.
        columns: images per row.
        inches: side of an image in inches.
        title: title of the figure.

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
    names = [fitted(name, 0.97 * inches) for name in labels]
    lines = max(name.count("\n") + 1 for name in names)
    height = (inches + LINE * lines) * rows + headline_inches(title, inches * columns)
    figure, axes = new_figure(inches * columns, height, rows, columns)
    for axis, image, name in zip(axes.flat[: len(images)], images, names, strict=True):
        _show(axis, image)
        axis.set_title(name, fontsize=10, pad=2)
    for axis in axes.flat[len(images) :]:
        axis.set_axis_off()
    headline(figure, title)
    return figure


def _show(axis, image):
    if np.isfinite(image).all():
        show_image(axis, image)
    else:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
        axis.text(0.5, 0.5, NOT_FINITE, color=QUIET, ha="center", va="center", transform=axis.transAxes)
