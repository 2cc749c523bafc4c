"""What layers of units look like: filters, samples and reconstructions as sheets of small images."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from kinv.figures.style import new_figure, show_image

MARGIN = 1  # pixels between the images of a sheet
INCHES = 0.45  # of an image of a sheet
LETTER = 0.075  # inches of a letter of a title
GREY = 90  # between images


def filters(kernel: np.ndarray, shape: Sequence[int], shown: int = 100, title: str = "") -> Figure:
    """The weights of units to the pixels, each scaled to its largest: grey is 0.

    Args:
        kernel: `(V, H)`.
        shape: of the images, `(rows, columns)`.
        shown: how many units, evenly spread.
        title: above.
    """
    chosen = np.linspace(0, kernel.shape[1] - 1, min(shown, kernel.shape[1])).astype(int)
    return sheets({title: around_grey(kernel.T[chosen].reshape(-1, *shape))})


def around_grey(images: np.ndarray) -> np.ndarray:
    """Scales every image `(..., H, W)` to its largest value: black is negative, white positive and grey 0."""
    largest = np.abs(images).max(axis=(-2, -1), keepdims=True)
    return 127.5 + 127.5 * images / np.maximum(largest, 1e-12)


def sheets(images: Mapping[str, np.ndarray]) -> Figure:
    """Sheets of grey images beside each other.

    Args:
        images: by title, `(N, H, W)` in 0..255, or `(rows, columns, H, W)`.
    """
    mosaics = {title: mosaic(stack) for title, stack in images.items()}
    sizes = [stack.shape[-2:] for stack in images.values()]
    cells = [np.divide(image.shape, np.add(size, MARGIN)) for image, size in zip(mosaics.values(), sizes, strict=True)]
    widths = [max(INCHES * columns, LETTER * len(title)) for (_, columns), title in zip(cells, mosaics, strict=True)]
    height = INCHES * max(rows for rows, _ in cells)
    figure, (axes,) = new_figure(sum(widths), height + 0.3, 1, len(mosaics), width_ratios=widths)
    for axis, (title, image) in zip(axes, mosaics.items(), strict=True):
        show_image(axis, image[..., None])
        axis.set_title(title, fontsize=9)
    return figure


def mosaic(images: np.ndarray) -> np.ndarray:
    """Images `(N, H, W)` row by row on one sheet, as square as may be, or `(rows, columns, H, W)` as they are."""
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
