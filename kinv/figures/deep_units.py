"""What layers of units look like: filters, samples and reconstructions as sheets of small pictures."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from .style import new_figure, show_picture

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
    weights = kernel.T[chosen]
    scaled = 127.5 + 127.5 * weights / np.maximum(np.abs(weights).max(axis=1, keepdims=True), 1e-12)
    return sheets({title: scaled.reshape(-1, *shape)})


def sheets(pictures: Mapping[str, np.ndarray]) -> Figure:
    """Sheets of grey pictures beside each other.

    Args:
        pictures: by title, `(N, H, W)` in 0..255.
    """
    mosaics = {title: mosaic(stack) for title, stack in pictures.items()}
    columns = max(int(np.ceil(np.sqrt(len(stack)))) for stack in pictures.values())
    side = INCHES * columns
    width = max(side, *(LETTER * len(title) for title in mosaics))
    figure, (axes,) = new_figure(width * len(mosaics), side + 0.3, 1, len(mosaics))
    for axis, (title, image) in zip(axes, mosaics.items(), strict=True):
        show_picture(axis, image[..., None])
        axis.set_title(title, fontsize=9)
    return figure


def mosaic(pictures: np.ndarray) -> np.ndarray:
    """Pictures `(N, H, W)` row by row on one sheet, as square as may be."""
    count, height, width = pictures.shape
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    sheet = np.full((rows * (height + MARGIN), columns * (width + MARGIN)), float(GREY))
    for index, picture in enumerate(pictures):
        top, left = index // columns * (height + MARGIN), index % columns * (width + MARGIN)
        sheet[top : top + height, left : left + width] = picture
    return sheet
