"""What units respond to and what they are invariant to: the figures of Erhan, Courville and Bengio 2010."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kinv.arrays import check_drawn
from kinv.figures.labels import SHORT, class_label, fitted, label, labels
from kinv.figures.style import (
    LINEAR,
    QUIET,
    headline,
    legend_below,
    mark_clipped,
    new_figure,
    note_below,
    series,
    show_image,
)

PANEL, INCHES = 3.1, 0.75  # inches of a panel and of an image
DISTANCE, OF_OPTIMUM = "distance epsilon from the optimum", "activation / at the optimum, median"
RELATIVE = (-1.2, 1.1)  # what is shown of activations relative to that at the optimum
NONE = "none of these"
MOST_NAMED = 24  # rows of a map that get their own label
TALLEST = 30  # lines of text beside a map
SHORTEST = 16  # letters beside an image


def invariance_curves(measured: Mapping[str, Sequence[Any]], title: str = "") -> Figure:
    """Figure 7 for several networks (above), and the activation relative to that at the optimum (below).

    Args:
        measured: for each network, the `LayerInvariance` of each layer, from `analysis.measure_invariance`.
        title: title of the figure.
    """
    figure, axes = new_figure(4.4 * len(measured) + 0.6, 8.6, 2, len(measured))
    for column, (name, layers) in enumerate(measured.items()):
        above, below = axes[:, column]
        below.set(ylim=RELATIVE)
        for number, layer in enumerate(layers):
            area = f"{label(layer.layer, SHORT)}: {layer.area:.2f} ({layer.low:.2f} to {layer.high:.2f})"
            style, first = series(number, len(layer.epsilons)), layer.activations[:, :1]
            above.plot(layer.epsilons, np.nanmean(layer.log_sigmoid, axis=0), **style, label=label(layer.layer, SHORT))
            relative = np.nanmedian(np.where(first > 0, layer.activations / first, np.nan), axis=0)
            below.plot(layer.epsilons, relative, **style, label=area)
            mark_clipped(below, layer.epsilons, relative, style["color"])
        epsilons = layers[0].epsilons
        below.plot(epsilons, 1 - epsilons**2 / 2, **LINEAR, label="linear unit: 0.94")
        above.set(xlabel=DISTANCE)
        above.set_title(fitted(name, 4.0), fontsize=11)
        below.set(xlabel=DISTANCE)
        legend = {"frameon": False, "loc": "upper center", "bbox_to_anchor": (0.5, -0.16)}
        above.legend(**legend, ncols=2)
        below.legend(**legend, title="area under the curve (interval)")
    axes[0, 0].set_ylabel("log sigmoid of the activation, mean")
    axes[1, 0].set_ylabel(OF_OPTIMUM)
    headline(figure, title)
    return figure


def paths_beside(layers: Mapping[str, Mapping[str, Any]], title: str = "") -> Figure:
    """The activation along traced manifolds and their baselines, relative to that at the optimum: medians over units.

    Args:
        layers: an `InvarianceManifold` by layer and by name of the method. Units whose activation at the optimum is not
            positive are left out.
        title: title of the figure.
    """
    figure, axes = _panels(layers)
    for axis, (name, ways) in zip(axes, layers.items(), strict=True):
        for number, (way, path) in enumerate(ways.items()):
            activations = path.best_activations
            on = activations[:, 0] > 0
            _line(axis, path.epsilons, np.median(activations[on] / activations[on, :1], axis=0), number, way)
        axis.axhline(0, color=QUIET, linewidth=0.6)
        axis.set_title(fitted(name, PANEL), fontsize=11)
    legend_below(figure, axes[0])
    headline(figure, title)
    return figure


def restricted_curves(layers: Mapping[str, Any], title: str = "") -> Figure:
    """Median activation along known transformations and the free manifold, relative to that at the optimum.

    Args:
        layers: an `InvarianceDecomposition` by name of the layer.
        title: title of the figure.
    """
    figure, axes = _panels(layers)
    for axis, (name, found) in zip(axes, layers.items(), strict=True):
        on = found.turned_on
        first = found.at_optimum[on, None]
        _line(axis, found.epsilons, np.median(found.free[on] / first, axis=0), 0, "free")
        for index, family in enumerate(found.families):
            curves = found.activations[on, index] / first
            half = np.isfinite(curves).mean(axis=0) >= 0.5  # of the units reach this distance
            _line(axis, found.epsilons[half], np.nanmedian(curves[:, half], axis=0), index + 1, family)
        axis.plot(found.epsilons, 1 - found.epsilons**2 / 2, **LINEAR, label="linear unit")
        axis.set_title(fitted(f"{name}: {on.sum()} units", PANEL), fontsize=11)
        axis.set_xlabel("distance epsilon, or farther")
    legend_below(figure, axes[0])
    headline(figure, title)
    return figure


def tolerance_map(layers: Mapping[str, Any], title: str = "") -> Figure:
    """Units grouped by the family they tolerate most, with the share of a linear unit's loss that they keep.

    Args:
        layers: an `InvarianceDecomposition` by name of the layer. Units whose activation at the optimum is not positive
            are left out. Of a few units of a classifier's last layer, the classes' names are shown.
        title: title of the figure.
    """
    named = any(_has_names(found) for found in layers.values())
    figure, (axes,) = new_figure((4.8 if named else 2.9) * len(layers) + 1.4, 6.0, 1, len(layers))
    image: Any = None
    for axis, (name, found) in zip(axes, layers.items(), strict=True):
        groups = found.groups()
        names = [group for group in (*found.families[:-1], NONE) if (groups == group).any()]
        tolerances = np.nan_to_num(found.tolerances)
        rows = [
            unit
            for group in names
            for unit in sorted(np.flatnonzero(groups == group), key=lambda unit: -tolerances[unit, :-1].max())
        ]
        image = axis.imshow(found.tolerances[rows], cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto", interpolation="none")
        sizes = np.array([(groups == group).sum() for group in names])
        ends = np.cumsum(sizes)
        for end in ends[:-1]:
            axis.axhline(end - 0.5, color="white", linewidth=2)
        middles = _apart(ends - sizes / 2 - 0.5, len(rows))
        shown = [f"{fitted(group, 1.2, 1)}\n{size} of {len(rows)}" for group, size in zip(names, sizes, strict=True)]
        axis.set_yticks(middles, shown)
        if _has_names(found):
            axis.set_yticks(range(len(rows)), [class_label(found.names[row], SHORTEST) for row in rows])
            for middle, group in zip(middles, shown, strict=True):
                axis.text(1.02, middle, group, transform=axis.get_yaxis_transform(), va="center")
        axis.set_xticks(range(len(found.families)), labels(found.families), rotation=40, ha="right")
        axis.set_title(fitted(name, 2.4), fontsize=11)
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0)
    values = np.concatenate([found.tolerances[np.isfinite(found.tolerances)] for found in layers.values()])
    low, high = (values < -1).any(), (values > 1).any()
    extend = "both" if low and high else "min" if low else "max" if high else "neither"
    bar = figure.colorbar(image, ax=axes[-1], fraction=0.08, extend=extend)
    bar.set_label("kept of what a linear unit loses, share")
    headline(figure, title)
    return figure


def _has_names(found):
    return found.names is not None and found.turned_on.sum() <= MOST_NAMED


def _apart(places, count):
    """Places of labels, moved down where two lines of text would be closer than they are high."""
    least = 2.4 * count / TALLEST  # of two lines of text, in rows
    moved = list(places[:1])
    for place in places[1:]:
        moved.append(max(place, moved[-1] + least))
    return moved


def manifold_rows(
    images: np.ndarray,
    epsilons: np.ndarray,
    activations: np.ndarray,
    title: str = "",
    names: Sequence[str] | None = None,
) -> Figure:
    """Figure 6, lower part: a manifold per row; under each image, the activation relative to that at the optimum.

    Args:
        images: `(S, E, H, W, 1 or 3)` in 0..255.
        epsilons: `(E,)`.
        activations: `(S, E)`.
        title: title of the figure.
        names: names of the units of the rows, `(S,)`, such as `InvarianceManifold.names`.

    Raises:
        ValueError: images of another shape, not finite, or out of range.
    """
    images = check_drawn(images, "images", 5)
    wide = max(INCHES, 0.42)
    figure, axes = new_figure(
        wide * len(epsilons) + 0.6, (INCHES + 0.28) * len(images) + 1.2, len(images), len(epsilons)
    )
    for axis, name in zip(axes[:, 0], names or (), strict=False):
        axis.set_ylabel(fitted(name, INCHES))
    for row, (manifold, values) in enumerate(zip(images, activations, strict=True)):
        for column, (image, value) in enumerate(zip(manifold, values, strict=True)):
            axis = axes[row, column]
            show_image(axis, image)
            axis.set_xlabel(f"{value / values[0]:.2f}", labelpad=2)
            if not row:
                axis.set_title(f"{epsilons[column]:.1f}", fontsize=10)
    note_below(figure, "above: distance epsilon; under each image: activation / at the optimum")
    headline(figure, title)
    return figure


def _panels(layers):
    """A panel for each layer, for activations relative to that at the optimum."""
    figure, (axes,) = new_figure(PANEL * len(layers) + 0.6, 4.2, 1, len(layers), sharey=True)
    for axis in axes:
        axis.set(xlabel=DISTANCE, ylim=RELATIVE)
    axes[0].set_ylabel(OF_OPTIMUM)
    return figure, axes


def _line(axis, epsilons, values, number, name):
    style = series(number, len(epsilons))
    axis.plot(epsilons, values, **style, label=label(name))
    mark_clipped(axis, epsilons, values, style["color"])
