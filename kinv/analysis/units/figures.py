"""What units respond to and what they are invariant to: the figures of Erhan, Courville and Bengio 2010."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kinv.arrays import check_drawn
from kinv.figures.labels import class_label, label, labels
from kinv.figures.style import QUIET, legend_beside, new_figure, show_image

COLORS = ("#222222", "#2f5fa8", "#b3372f", "#2a7f4f", "#8a5fb0", "#c08a2e")
MOST_NAMED = 40  # rows of a map that get their own label
SHORTEST = 16  # letters beside an image


def invariance_curves(measured: Mapping[str, Sequence[Any]]) -> Figure:
    """Figure 7 for several networks (above), and the activation relative to that at the optimum (below).

    Args:
        measured: for each network, the `LayerInvariance` of each layer, from `analysis.measure_invariance`.
    """
    figure, axes = new_figure(3.6 * len(measured), 5.6, 2, len(measured))
    for column, (name, layers) in enumerate(measured.items()):
        above, below = axes[:, column]
        for color, layer in zip(COLORS, layers, strict=False):
            area = f"{label(layer.layer)}: {layer.area:.2f} ({layer.low:.2f} to {layer.high:.2f})"
            above.plot(layer.epsilons, np.nanmean(layer.log_sigmoid, axis=0), color=color, label=label(layer.layer))
            first = layer.activations[:, :1]
            relative = np.where(first > 0, layer.activations / first, np.nan)
            below.plot(layer.epsilons, np.nanmedian(relative, axis=0), color=color, label=area)
        epsilons = layers[0].epsilons
        below.plot(epsilons, 1 - epsilons**2 / 2, color=QUIET, linestyle=":", label="linear unit: 0.94")
        above.set(title=label(name), ylabel="log sigmoid(activation), mean")
        below.set(xlabel="epsilon", ylabel="activation / at the optimum, median", ylim=(-1.1, 1.05))
        above.legend(frameon=False, fontsize=7, loc="lower left")
        below.legend(frameon=False, fontsize=7, loc="lower left", title="area", title_fontsize=7)
    return figure


def paths_beside(layers: Mapping[str, Mapping[str, Any]]) -> Figure:
    """The activation along traced manifolds and their baselines, relative to that at the optimum: medians over units.

    Args:
        layers: an `InvarianceManifold` by layer and by name of the method. Units whose activation at the optimum is not
            positive are left out.
    """
    figure, (axes,) = new_figure(3.4 * len(layers) + 1.6, 3.0, 1, len(layers))
    for axis, (name, ways) in zip(axes, layers.items(), strict=True):
        for color, (way, path) in zip(COLORS, ways.items(), strict=False):
            activations = path.best_activations
            on = activations[:, 0] > 0
            relative = np.median(activations[on] / activations[on, :1], axis=0)
            axis.plot(path.epsilons, relative, color=color, label=label(way))
        axis.axhline(0, color=QUIET, linewidth=0.6)
        axis.set(title=label(name), xlabel="epsilon", ylim=(-1.2, 1.1))
    axes[0].set_ylabel("activation / at the optimum, median")
    legend_beside(axes[-1])
    return figure


def restricted_curves(layers: Mapping[str, Any]) -> Figure:
    """Median activation along known transformations and the free manifold, relative to that at the optimum.

    Args:
        layers: an `InvarianceDecomposition` by name of the layer.
    """
    figure, (axes,) = new_figure(3.4 * len(layers) + 1.6, 3.0, 1, len(layers))
    for axis, (name, found) in zip(axes, layers.items(), strict=True):
        on = found.turned_on
        first = found.at_optimum[on, None]
        for index, (color, family) in enumerate(zip(COLORS[1:], found.families, strict=False)):
            curves = found.activations[on, index] / first
            half = np.isfinite(curves).mean(axis=0) >= 0.5  # of the units reach this distance
            axis.plot(found.epsilons[half], np.nanmedian(curves[:, half], axis=0), color=color, label=label(family))
        axis.plot(found.epsilons, np.median(found.free[on] / first, axis=0), color=COLORS[0], label="free")
        axis.plot(found.epsilons, 1 - found.epsilons**2 / 2, color=QUIET, linestyle=":", label="linear unit")
        axis.set(title=f"{label(name)}: {on.sum()} units", xlabel="epsilon, or farther", ylim=(-1.2, 1.1))
    axes[0].set_ylabel("activation / at the optimum, median")
    legend_beside(axes[-1])
    return figure


def tolerance_map(layers: Mapping[str, Any]) -> Figure:
    """Units grouped by the family they tolerate most, with the share of a linear unit's loss that they keep.

    Args:
        layers: an `InvarianceDecomposition` by name of the layer. Units whose activation at the optimum is not positive
            are left out. Of a few units of a classifier's last layer, the classes' names are shown.
    """
    figure, (axes,) = new_figure(3.6 * len(layers) + 1.2, 4.6, 1, len(layers))
    image: Any = None
    for axis, (name, found) in zip(axes, layers.items(), strict=True):
        groups = found.groups()
        names = [group for group in (*found.families[:-1], "none of these") if (groups == group).any()]
        tolerances = np.nan_to_num(found.tolerances)
        rows = [
            unit
            for group in names
            for unit in sorted(np.flatnonzero(groups == group), key=lambda unit: -tolerances[unit, :-1].max())
        ]
        image = axis.imshow(found.tolerances[rows], cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto", interpolation="none")
        ends = np.cumsum([(groups == group).sum() for group in names])
        for end in ends[:-1]:
            axis.axhline(end - 0.5, color="white", linewidth=2)
        starts = ends - [(groups == group).sum() for group in names]
        shown = [f"{label(group)}: {end - start}" for group, start, end in zip(names, starts, ends, strict=True)]
        axis.set_yticks((starts + ends - 1) / 2, shown, fontsize=6)
        if found.names is not None and len(rows) <= MOST_NAMED:
            axis.set_yticks(range(len(rows)), [class_label(found.names[row]) for row in rows], fontsize=6)
            for middle, group in zip((starts + ends - 1) / 2, shown, strict=True):
                axis.text(1.02, middle, group, transform=axis.get_yaxis_transform(), va="center", fontsize=6)
        axis.set_xticks(range(len(found.families)), labels(found.families), rotation=30, ha="right", fontsize=8)
        axis.set_title(label(name), fontsize=9)
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0)
    bar = figure.colorbar(image, ax=axes[-1], fraction=0.08)
    bar.set_label("kept of what a linear unit loses", fontsize=8)
    return figure


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
    figure, axes = new_figure(0.8 * len(epsilons) + 0.2, 1.0 * len(images) + 0.5, len(images), len(epsilons))
    for axis, name in zip(axes[:, 0], names or (), strict=False):
        axis.set_ylabel(class_label(name, SHORTEST), fontsize=7)
    for row, (manifold, values) in enumerate(zip(images, activations, strict=True)):
        for column, (image, value) in enumerate(zip(manifold, values, strict=True)):
            axis = axes[row, column]
            show_image(axis, image)
            axis.set_xlabel(f"{value / values[0]:.2f}", fontsize=7, labelpad=2)
            if not row:
                axis.set_title(f"{epsilons[column]:.1f}", fontsize=8)
    figure.suptitle(label(title), fontsize=9)
    return figure
