"""What layers of units look like: filters, samples and reconstructions as sheets of small pictures."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from kinv.figures.style import new_figure, show_picture

MARGIN = 1  # pixels between the pictures of a sheet
INCHES = 0.45  # of a picture of a sheet
LETTER = 0.075  # inches of a letter of a title
GREY = 90  # between pictures


def filters(kernel: np.ndarray, shape: Sequence[int], shown: int = 100, title: str = "") -> Figure:
    """The weights of units to the pixels, each scaled to its largest: grey is 0.

    Args:
        kernel: `(V, H)`.
        shape: of the pictures, `(rows, columns)`.
        shown: how many units, evenly spread.
        title: above.
    """
    chosen = np.linspace(0, kernel.shape[1] - 1, min(shown, kernel.shape[1])).astype(int)
    return sheets({title: around_grey(kernel.T[chosen].reshape(-1, *shape))})


def around_grey(pictures: np.ndarray) -> np.ndarray:
    """Scales every picture `(..., H, W)` to its largest value: black is negative, white positive and grey 0."""
    largest = np.abs(pictures).max(axis=(-2, -1), keepdims=True)
    return 127.5 + 127.5 * pictures / np.maximum(largest, 1e-12)


def sheets(pictures: Mapping[str, np.ndarray]) -> Figure:
    """Sheets of grey pictures beside each other.

    Args:
        pictures: by title, `(N, H, W)` in 0..255, or `(rows, columns, H, W)`.
    """
    mosaics = {title: mosaic(stack) for title, stack in pictures.items()}
    sizes = [stack.shape[-2:] for stack in pictures.values()]
    cells = [np.divide(image.shape, np.add(size, MARGIN)) for image, size in zip(mosaics.values(), sizes, strict=True)]
    widths = [max(INCHES * columns, LETTER * len(title)) for (_, columns), title in zip(cells, mosaics, strict=True)]
    height = INCHES * max(rows for rows, _ in cells)
    figure, (axes,) = new_figure(sum(widths), height + 0.3, 1, len(mosaics), width_ratios=widths)
    for axis, (title, image) in zip(axes, mosaics.items(), strict=True):
        show_picture(axis, image[..., None])
        axis.set_title(title, fontsize=9)
    return figure


def mosaic(pictures: np.ndarray) -> np.ndarray:
    """Pictures `(N, H, W)` row by row on one sheet, as square as may be, or `(rows, columns, H, W)` as they are."""
    columns = pictures.shape[1] if pictures.ndim == 4 else int(np.ceil(np.sqrt(len(pictures))))
    height, width = pictures.shape[-2:]
    pictures = pictures.reshape(-1, height, width)
    count = len(pictures)
    rows = -(-count // columns)
    sheet = np.full((rows * (height + MARGIN), columns * (width + MARGIN)), float(GREY))
    for index, picture in enumerate(pictures):
        top, left = index // columns * (height + MARGIN), index % columns * (width + MARGIN)
        sheet[top : top + height, left : left + width] = picture
    return sheet
