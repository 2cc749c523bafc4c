"""The ladder: images, and under each the images that layer after layer can't tell from it."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from kinv.arrays import check_drawn
from kinv.figures.labels import fitted, fitted_class
from kinv.figures.style import headline, new_figure, show_image

from .result import Metamers, mean_of_known

INCHES, BESIDE = 1.1, 1.7  # inches of an image, and of what stands beside a row


def ladder(
    found: Metamers,
    chosen: Sequence[int] | None = None,
    titles: Sequence[str] | None = None,
    title: str = "",
) -> Figure:
    """Images in the first row, and the metamers of a layer in each further one.

    Under a row's name stands the mean correlation at the layer, of the images that are shown; of a layer of few values,
    the mean relative error.

    Args:
        found: the result of `kinv.metamers`; of pairs, both are shown, one under the other.
        chosen: numbers of the images to show; default: all, at most ten.
        titles: a title for each image that is shown.
        title: title of the figure.

    Raises:
        ValueError: no images are chosen, one does not exist, or the number of titles differs.
    """
    count = len(found.originals)
    places = np.arange(min(count, 10)) if chosen is None else np.asarray(chosen)
    if places.ndim != 1 or not places.size or places.min() < 0 or places.max() >= count:
        raise ValueError(f"chosen must be numbers of images in 0..{count - 1}, received {chosen!r}")
    if titles is not None and len(titles) != len(places):
        raise ValueError(f"expected a title for each of {len(places)} images, received {len(titles)}")
    rows: list[tuple[str, str, np.ndarray]] = [("original", "", found.originals)]
    for index, (layer, images) in enumerate(zip(found.layers, found.images, strict=True)):
        for member in range(images.shape[1]):
            rows.append((layer, _alike(found, index, places, member), images[:, member]))
    figure, axes = new_figure(INCHES * len(places) + BESIDE, INCHES * len(rows) + 1.0, len(rows), len(places))
    for row, (name, alike, images) in zip(axes, rows, strict=True):
        for axis, image in zip(row, check_drawn(images[places], name), strict=True):
            show_image(axis, image)
        shown = "\n".join(filter(None, (fitted(name, BESIDE - 0.3), alike)))
        row[0].set_ylabel(shown, rotation=0, ha="right", va="center", labelpad=6)
    for axis, text in zip(axes[0], titles or [], strict=False):
        axis.set_title(fitted_class(text, INCHES), fontsize=10)
    headline(figure, title)
    return figure


def _alike(found, layer, places, member):
    correlation = mean_of_known(found.correlation[layer, places, member])
    if np.isfinite(correlation):
        return f"correlation\n{correlation:.3f}"
    return f"relative error\n{found.error[layer, places, member].mean():.3f}"
