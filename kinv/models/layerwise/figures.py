"""Figures of layers: filters, samples and reconstructions as sheets of small images."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from kinv.arrays import as_numbers, check_drawn
from kinv.figures.labels import fitted
from kinv.figures.style import headline, new_figure, show_image

MARGIN = 1  # pixels between the images of a sheet
INCHES = 0.45  # per image of a sheet
NARROWEST, WIDEST = 2.6, 10.0  # inches of a sheet, for its title, and of a figure
GREY = 90  # background between the images


def filters(kernel: np.ndarray, shape: Sequence[int], shown: int = 100, title: str = "") -> Figure:
    """The weights between each unit and the pixels, scaled by the largest absolute weight of the unit: grey is 0.

    Args:
        kernel: `(V, H)`.
        shape: shape of the images, `(rows, columns)`.
        shown: number of units, evenly spaced.
        title: title of the sheet.

    Raises:
        ValueError: weights that are not finite, or not those of images of this shape.
    """
    kernel = as_numbers(kernel, "kernel")
    if kernel.ndim != 2 or len(kernel) != np.prod(shape):
        raise ValueError(f"kernel must have shape ({np.prod(shape)}, H), received {kernel.shape}")
    chosen = np.linspace(0, kernel.shape[1] - 1, min(shown, kernel.shape[1])).astype(int)
    return sheets({title: around_grey(kernel.T[chosen].reshape(-1, *shape))})


def around_grey(images: np.ndarray) -> np.ndarray:
    """Scales every image `(..., H, W)` by its largest absolute value: black is negative, white positive, grey 0."""
    largest = np.abs(images).max(axis=(-2, -1), keepdims=True)
    return 127.5 + 127.5 * images / np.maximum(largest, 1e-12)


def sheets(images: Mapping[str, np.ndarray], title: str = "") -> Figure:
    """Sheets of grey images, side by side and, where that is too wide, in rows.

    Args:
        images: title of a sheet to its images, `(N, H, W)` in 0..255, or `(rows, columns, H, W)`.
        title: title of the figure.

    Raises:
        ValueError: no images, images of another shape, not finite, or out of range.
    """
    if not images:
        raise ValueError("images must hold at least one sheet, received none")
    images = {name: check_drawn(stack, f"images of {name!r:.40}", (3, 4)) for name, stack in images.items()}
    mosaics = {name: mosaic(stack) for name, stack in images.items()}
    sizes = [stack.shape[-2:] for stack in images.values()]
    cells = [np.divide(image.shape, np.add(size, MARGIN)) for image, size in zip(mosaics.values(), sizes, strict=True)]
    widths = [max(INCHES * columns, NARROWEST) for _, columns in cells]
    heights = [INCHES * rows + 0.5 for rows, _ in cells]
    columns = next(count for count in range(len(mosaics), 0, -1) if count == 1 or max(widths) * count <= WIDEST)
    rows = -(-len(mosaics) // columns)
    size = max(widths) * columns, max(heights) * rows + 0.5 * bool(title)
    figure, axes = new_figure(*size, rows, columns)
    for axis, name, width, image in zip(axes.flat, images, widths, mosaics.values(), strict=False):
        show_image(axis, image[..., None])
        axis.set_title(fitted(name, 0.95 * width), fontsize=10)
    for axis in axes.flat[len(mosaics) :]:
        axis.set_axis_off()
    headline(figure, title)
    return figure


def mosaic(images: np.ndarray) -> np.ndarray:
    """Tiles images `(N, H, W)` row by row into a nearly square sheet; `(rows, columns, H, W)` keep their layout."""
    columns = images.shape[1] if images.ndim == 4 else int(np.ceil(np.sqrt(len(images))))
    height, width = images.shape[-2:]
    images = images.reshape(-1, height, width)
    count = len(images)
    rows = -(-count // columns)
    sheet = np.full((rows * (height + MARGIN), columns * (width + MARGIN)), float(GREY))
    for index, image in enumerate(images):
        top, left = index // columns * (height + MARGIN), index % columns * (width + MARGIN)
        sheet[top : top + height, left : left + width] = image
    return sheet
