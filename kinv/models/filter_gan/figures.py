"""The figures of "Parametrizing filters of a CNN with a GAN"."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from kinv.arrays import as_numbers, check_drawn
from kinv.figures.labels import LONGEST, fitted, label
from kinv.figures.style import (
    ACCENT,
    INK,
    headline,
    legend_beside,
    new_figure,
    series,
    show_image,
)
from kinv.printable import printable

from .scaling import to_plane

LARGEST_SHOWN = 0.999  # quantile of the differences
FRAME = 90  # grey level between the cells of a grid


def filters_as_colors(filters: Mapping[str, np.ndarray], shown: int = 16, title: str = "") -> Figure:
    """Figure 2: filters as small RGB images, each colour the sum of a third of the input channels.

    Args:
        filters: title, such as "real", to filters `(rows, columns, C, F)`; one row of images each.
        shown: number of filters per row.
        title: title of the figure.

    Raises:
        ValueError: no filters, filters of another shape, or not finite.
    """
    filters = {name: as_numbers(kernel, f"filters {name!r:.40}") for name, kernel in filters.items()}
    if not filters or any(kernel.ndim != 4 for kernel in filters.values()):
        shapes = [kernel.shape for kernel in filters.values()]
        raise ValueError(f"filters must have shape (rows, columns, C, F), received {shapes}")
    shown = min(shown, *(kernel.shape[-1] for kernel in filters.values()))
    figure, axes = new_figure(0.5 * shown + 1, 0.53 * len(filters) + 0.6, len(filters), shown)
    for row, (name, kernel) in zip(axes, filters.items(), strict=True):
        thirds = np.array_split(kernel, 3, axis=2) if kernel.shape[2] >= 3 else [kernel] * 3
        colors = np.stack([third.sum(axis=2) for third in thirds], axis=2)  # (rows, columns, 3, F)
        largest = np.abs(colors).max()
        for axis, index in zip(row, range(shown), strict=True):
            show_image(axis, 127.5 + 127.5 * colors[..., index] / largest)
        row[0].set_ylabel(label(name), rotation=0, ha="right", va="center")
    headline(figure, title)
    return figure


def activation_grids(images: np.ndarray, titles: Sequence[str] = (), title: str = "") -> Figure:
    """Figures 3, 4, 6 and 7: grids of images with matching activations; the original is in the middle.

    Args:
        images: `(N, R, R, H, W, C)` in 0..255.
        titles: titles of the grids.
        title: title of the figure.

    Raises:
        ValueError: images of another shape, not finite, or out of range.
    """
    images = check_drawn(images, "images", 6)
    count, cells, _, height, width, channels = images.shape
    framed = np.pad(images, ((0, 0), (0, 0), (0, 0), (1, 1), (1, 1), (0, 0)), constant_values=FRAME)
    mosaics = framed.transpose(0, 1, 3, 2, 4, 5).reshape(count, cells * (height + 2), cells * (width + 2), channels)
    columns = min(count, 2)
    rows = -(-count // columns)
    figure, axes = new_figure(4.6 * columns, 4.8 * rows + 0.3, rows, columns)
    for axis in axes.flat[count:]:
        axis.set_axis_off()
    for index, (axis, mosaic) in enumerate(zip(axes.flat, mosaics, strict=False)):
        show_image(axis, mosaic)
        corner = (cells // 2 * (width + 2) - 0.5, cells // 2 * (height + 2) - 0.5)
        axis.add_patch(Rectangle(corner, width + 2, height + 2, fill=False, edgecolor=ACCENT, linewidth=2))
        axis.set_title(fitted(titles[index], 4.2) if titles else "", fontsize=10)
    headline(figure, title)
    return figure


def grid_differences(images: np.ndarray, titles: Sequence[str] = (), title: str = "") -> Figure:
    """The grids as differences from their middle cells, on grey, amplified until one value in 1,000 leaves the range.

    Args:
        images: `(N, R, R, H, W, C)` in 0..255.
        titles: titles of the grids; the amplification is appended.
        title: title of the figure.

    Raises:
        ValueError: images of another shape, not finite, or out of range.
    """
    images = check_drawn(images, "images", 6).astype("float32", copy=False)
    middle = images.shape[1] // 2
    differences = images - images[:, middle, middle][:, None, None]
    largest = np.quantile(np.abs(differences), LARGEST_SHOWN, axis=(1, 2, 3, 4, 5))
    gains = 127.5 / np.maximum(largest, 1e-6)
    shown = np.clip(127.5 + gains[:, None, None, None, None, None] * differences, 0, 255)
    titles = titles or [""] * len(gains)
    pairs = zip(titles, gains, strict=True)
    named = [f"{printable(name, LONGEST)}: change x {gain:.0f}".removeprefix(": ") for name, gain in pairs]
    return activation_grids(shown, named, title)


def scale_filters(real: np.ndarray, generated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Metric multi-dimensional scaling of filters ("Parametrizing filters of a CNN with a GAN", figure 5).

    Args:
        real: `(rows, columns, C, F)`.
        generated: `(draws, rows, columns, C, F)`.

    Returns:
        Points in the plane: `(F, 2)` for the real filters and `(draws, F, 2)` for the generated ones.
    """
    both = np.concatenate([np.asarray(real)[None], np.asarray(generated)])
    draws, count = len(both), both.shape[-1]
    flat = np.moveaxis(both, -1, 1).reshape(draws * count, -1)
    points = to_plane(flat).reshape(draws, count, 2)
    return points[0], points[1:]


def map_of_filters(real: np.ndarray, generated: np.ndarray, title: str = "") -> Figure:
    """Figure 5: real and generated filters, mapped to the plane; one colour per real filter.

    Args:
        real: points `(F, 2)` from `scale_filters`.
        generated: points `(draws, F, 2)`.
        title: title of the figure.
    """
    figure, ((axis,),) = new_figure(6.4, 5.8)
    colors = colormaps["hsv"](np.linspace(0, 1, len(real), endpoint=False))
    for index, color in enumerate(colors):
        axis.scatter(*generated[:, index].T, s=9, color=color, alpha=0.6, linewidths=0)
        axis.scatter(*real[index], s=90, color=color, marker="*", edgecolors=INK, linewidths=0.8, zorder=3)
    axis.set(xticks=[], yticks=[], xlabel="first direction of the scaling", ylabel="second direction of the scaling")
    axis.set_aspect("equal")
    axis.set_title("stars: real filters; dots: generated, in the colour of the real one", fontsize=10)
    headline(figure, title)
    return figure


def rows_of_images(images: np.ndarray, title: str = "") -> Figure:
    """Rows of images that belong together; the first of each row is framed.

    Args:
        images: `(N, K, H, W, C)` in 0..255.
        title: title of the figure.

    Raises:
        ValueError: images of another shape, not finite, or out of range.
    """
    images = check_drawn(images, "images", 5)
    count, across, height, width, channels = images.shape
    framed = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1), (0, 0)), constant_values=FRAME)
    mosaic = framed.transpose(0, 2, 1, 3, 4).reshape(count * (height + 2), across * (width + 2), channels)
    wide = 0.7 * across
    figure, ((axis,),) = new_figure(wide, wide * count * (height + 2) / (across * (width + 2)) + 0.4)
    show_image(axis, mosaic)
    for row in range(count):
        place = (-0.5, row * (height + 2) - 0.5)
        axis.add_patch(Rectangle(place, width + 2, height + 2, fill=False, edgecolor=ACCENT, linewidth=2))
    headline(figure, title)
    return figure


def errors_against_labels(rows: Sequence[Mapping[str, Any]], arms: Sequence[str], title: str = "") -> Figure:
    """Test errors over the number of labels: a line of means per arm, with the standard deviation over seeds.

    Args:
        rows: one per number of labels and seed, with `labels` and the error of every arm, 0..1.
        arms: keys of `rows`.
        title: title of the figure.
    """
    figure, ((axis,),) = new_figure(8, 4.4)
    counts = sorted({row["labels"] for row in rows})
    for index, arm in enumerate(arms):
        errors = [[100 * row[arm] for row in rows if row["labels"] == count] for count in counts]
        places = [count * (1 + 0.03 * (index - len(arms) / 2)) for count in counts]  # side by side
        deviations = [np.std(values) for values in errors]
        means = [np.mean(values) for values in errors]
        axis.errorbar(places, means, deviations, **series(index, 0), label=label(arm), capsize=3)
    axis.set(xscale="log", yscale="log", xlabel="labelled digits", ylabel="test error, %", xticks=counts)
    axis.xaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_formatter("{x:g}")
    axis.minorticks_off()
    legend_beside(axis)
    headline(figure, title)
    return figure
