"""Figures of the sensitivity screening (Bunne, Rahmann and Wolf; figures 2, 3, 6 and 7, and beyond)."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from kinv.arrays import check_drawn
from kinv.figures.labels import class_label, label
from kinv.figures.style import ACCENT, BAD, GOOD, INK, QUIET, legend_beside, new_figure, show_image
from kinv.ops import TRANSFORMATIONS
from kinv.printable import file_stem

from .learned_transformation import PARTS
from .strip import transformed_strip
from .totals import OTHERS

CURVES = (ACCENT, "#c8791c", "#5b3f99", GOOD)
STRIP_INCHES = 0.72
CLASSES = 3  # that get their own curves in an overview
COLOR_FAMILIES = ("brightness", "contrast", "greyscale")
LEARNED_SPACE, LEARNED_COLOR = (f"_{part}" for part in PARTS)  # how their names end
REDS = (BAD, "#e8836b", "#6e1a16")  # what was learned
PALETTE = ("#222222", "#2f5fa8", "#c8791c", "#5b3f99", "#2a7f4f", "#8a8a8a", "#b08bbb")


def class_curves(
    softmax: pd.DataFrame, class_index: int, transformation: str, network: str | None = None, strip: Any = None
) -> Figure:
    """Figures 2 and 3: mean softmax outputs for the images of one class as the magnitude grows.

    Args:
        softmax: the table of a `Screening`.
        class_index: the class of the images.
        transformation: the name of the transformation.
        network: the name of the network, if the table has several.
        strip: `(magnitudes, images)`, `(S,)` and `(S, H, W, C)` in 0..255, drawn under the axis.

    Raises:
        ValueError: if the table has no such curves.
    """
    rows = _chosen(softmax, transformation, network)
    rows = rows[rows["class"] == class_index]
    if rows.empty:
        raise ValueError(
            f"The table has no curves of class {class_index} under {transformation}: choose another class."
        )
    if rows["network"].nunique() > 1:
        raise ValueError(f"The table has several networks: pass network= one of {sorted(rows['network'].unique())}.")
    figure, axis, below = _with_strip(5.6, 3.2, strip)
    colors = iter(CURVES)
    for predicted, curve in rows.groupby("predicted", sort=False):
        name = class_label(curve["predicted_name"].iloc[0])
        if predicted == OTHERS:
            axis.plot(curve["magnitude"], curve["softmax"], color=QUIET, linestyle=":", label="others (highest)")
        else:
            own = predicted == class_index
            color = INK if own else next(colors)
            axis.plot(curve["magnitude"], curve["softmax"], color=color, linewidth=2.2 if own else 1.3, label=name)
    title = f"{class_label(rows['class_name'].iloc[0])}, {label(rows['network'].iloc[0])}"
    axis.set(title=title, xlabel=_with_unit(transformation), ylabel="mean softmax", ylim=(0, 1.02), xlim=_extent(rows))
    legend_beside(axis)
    _draw_strip(below, strip)
    return figure


def accuracy_curves(
    accuracy: pd.DataFrame, transformation: str, strip: Any = None, measure: str = "accuracy"
) -> Figure:
    """The share of correct predictions (unchanged ones with `measure="unchanged"`) of one or several networks.

    Args:
        accuracy: the table of a `Screening`, or the joined table of several.
        transformation, strip: as in `class_curves`.
        measure: `"accuracy"` or `"unchanged"`.
    """
    rows = _chosen(accuracy, transformation, None)
    figure, axis, below = _with_strip(5.6, 3.2, strip)
    colors = itertools.cycle((INK, *CURVES))
    for (network, curve), color in zip(rows.groupby("network", sort=False), colors, strict=False):
        axis.plot(curve["magnitude"], curve[measure], color=color, label=label(network), marker=".", markersize=4)
    shown = {"accuracy": "accuracy, mean over classes", "unchanged": "predictions unchanged"}[measure]
    axis.set(title=label(transformation), xlabel=_with_unit(transformation), ylabel=shown)
    axis.set(ylim=(0, 1.02), xlim=_extent(rows))
    legend_beside(axis)
    _draw_strip(below, strip)
    return figure


def critical_strip(critical_points: pd.DataFrame, transformation: str, network: str | None = None) -> Figure:
    """The critical points of all classes, sorted by the width of the range with a correct mean prediction.

    A bar spans the magnitudes that a class tolerates. An end in another colour lies beyond the screened range. Classes
    that are predicted incorrectly at the neutral magnitude are left out and counted under the axis.
    """
    rows = _chosen(critical_points, transformation, network)
    wrong = rows[rows["status"] == "wrong at neutral"]["class"].nunique()
    rows = rows[rows["status"] != "wrong at neutral"]
    table = rows.pivot(index="class", columns="side", values="magnitude").reindex(columns=["below", "above"])
    names = rows.groupby("class")["class_name"].first()
    sides = set(rows["side"])
    reached = rows.assign(magnitude=rows["magnitude"].fillna(rows["end"]))
    filled = reached.pivot(index="class", columns="side", values="magnitude").reindex(columns=["below", "above"])
    filled = filled.fillna(TRANSFORMATIONS[transformation].neutral if transformation in TRANSFORMATIONS else 0.0)
    order = (filled["above"] - filled["below"]).sort_values().index

    many = len(order) > 60
    figure, axes = new_figure(6.4, min(10.0, 1.2 + (0.06 if many else 0.17) * max(len(order), 4)))
    axis = axes[0, 0]
    for position, index in enumerate(order):
        left, right = filled.loc[index, "below"], filled.loc[index, "above"]
        axis.plot([left, right], [position, position], color=QUIET, linewidth=1 if many else 3, solid_capstyle="butt")
        for side, at in (("below", left), ("above", right)):
            if side in sides:
                never = np.isnan(table.loc[index, side])
                axis.plot(at, position, marker=".", markersize=4 if many else 7, color=ACCENT if never else BAD)
    if many:
        axis.set(yticks=[], ylabel=f"{len(order)} classes, most tolerant at the top")
    else:
        axis.set_yticks(range(len(order)), [class_label(names[index]) for index in order], fontsize=7)
    of = label(rows["network"].iloc[0] if len(rows) else network)
    title = f"{of}: critical points of {label(transformation)}"
    left_out = f"\nleft out: {wrong} of {wrong + len(order)} classes, wrong before any change" if wrong else ""
    axis.set(title=title, xlabel=f"{_with_unit(transformation)}; blue: right to the end of the range{left_out}")
    if not len(order):
        axis.set(xticks=[], yticks=[])
        axis.text(0.5, 0.5, "no class is right before any change", transform=axis.transAxes, ha="center")
    return figure


def two_transformations(accuracy: pd.DataFrame, transformation: str, network: str | None = None) -> Figure:
    """Figure 2d: the share of correct predictions over two magnitudes, as a map."""
    rows = _chosen(accuracy, transformation, network)
    grid = rows.pivot(index="magnitude_2", columns="magnitude", values="accuracy")
    first, second = transformation.split("+")
    figure, axes = new_figure(5.0, 4.2)
    axis = axes[0, 0]
    mesh = axis.pcolormesh(grid.columns, grid.index, grid.to_numpy(), vmin=0, vmax=1, cmap="magma", shading="nearest")
    axis.set(title=f"{label(rows['network'].iloc[0])}: accuracy", xlabel=_with_unit(first), ylabel=_with_unit(second))
    figure.colorbar(mesh, ax=axis)
    return figure


def unchanged_by_distance(accuracy: pd.DataFrame, network: str | None = None) -> Figure:
    """Learned and hand-made families on one plot: unchanged predictions against the distance from the identity."""
    rows = accuracy.dropna(subset=["distance"])
    rows = rows[rows["magnitude_2"].isna()]  # single transformations only
    rows = rows if network is None else rows[rows["network"] == network]
    if rows.empty:
        raise ValueError("None of the transformations has a distance from the identity: include an affine one.")
    families: dict[str, list[str]] = {"space": [], "color": []}
    for name in rows["transformation"].unique():
        in_color = name in COLOR_FAMILIES or name.endswith(LEARNED_COLOR)
        families["color" if in_color else "space"].append(name)
    families = {family: names for family, names in families.items() if names}
    figure, axes = new_figure(4.8 * len(families), 3.8, 1, len(families), sharey=True)
    for axis, (family, names) in zip(axes.flat, families.items(), strict=True):
        reds, others = itertools.cycle(REDS), itertools.cycle(PALETTE)
        for name in names:
            curve = rows[rows["transformation"] == name].sort_values("distance")
            learned = name.endswith((LEARNED_SPACE, LEARNED_COLOR))
            axis.scatter(
                curve["distance"],
                curve["unchanged"],
                s=26 if learned else 9,
                color=next(reds) if learned else next(others),
                zorder=3 if learned else 2,
                label=label(name),
                clip_on=False,  # at the identity all predictions stay
            )
        axis.set(title=family, xlabel="Frobenius distance from the identity", ylim=(0, 1.02))
        axis.set_xlim(left=0)
        legend_beside(axis, 7)
    axes[0, 0].set_ylabel("predictions unchanged")
    return figure


def overview(
    screening: Any,
    transformations: Sequence[Any] = (),
    images: Mapping[int, np.ndarray] | None = None,
    classes: Sequence[int] = (),
) -> dict[str, Figure]:
    """All figures of the screening of one network, by file name.

    Args:
        screening: a `Screening`.
        transformations: those among the screened that are not kinv's own, to show images transformed.
        images: an image `(H, W, C)` in 0..255 of each class to draw curves of (see `class_examples`), shown transformed
            under them; under the axes of all classes, the first one. Default: none.
        classes: the classes to draw curves of; default: those of `highest_classes`.
    """
    figures: dict[str, Figure] = {}
    images, classes = images or {}, list(classes) or highest_classes(screening)
    known = {**TRANSFORMATIONS, **{transformation.name: transformation for transformation in transformations}}
    settings = screening.metadata

    def under(name, points, image):
        if image is None or name not in known:
            return None
        return transformed_strip(known[name], image, points, settings["fill"], settings["seed"])

    for name, table in screening.accuracy.groupby("transformation", sort=False):
        if table["magnitude_2"].notna().any():
            figures[f"map_{file_stem(name)}"] = two_transformations(screening.accuracy, name)
            continue
        stem = file_stem(name)
        strip = under(name, table["magnitude"], next(iter(images.values()), None))
        figures[f"accuracy_{stem}"] = accuracy_curves(screening.accuracy, name, strip)
        figures[f"critical_{stem}"] = critical_strip(screening.critical_points, name)
        for index in classes:
            strip = under(name, table["magnitude"], images.get(index))
            figures[f"class_{index}_{stem}"] = class_curves(screening.softmax, index, name, strip=strip)
    if screening.accuracy["distance"].notna().any():
        figures["distance"] = unchanged_by_distance(screening.accuracy)
    return figures


def highest_classes(screening: Any) -> list[int]:
    """The classes with the highest curves, three at most: where the network is sure, there is something to lose."""
    own = screening.softmax[screening.softmax["class"] == screening.softmax["predicted"]]
    return [int(index) for index in own.groupby("class")["softmax"].mean().nlargest(CLASSES).index]


def comparison(joined: Any, transformations: Sequence[Any], image: np.ndarray | None = None) -> dict[str, Figure]:
    """The accuracy curves of several networks on one axis, by file name.

    Args:
        joined: the joined `Screening`s of several networks.
        transformations: those among the screened that get a figure.
        image: `(H, W, C)` in 0..255, shown transformed under the axes; default: none.
    """
    figures, about = {}, joined.metadata["joined"][0]
    for transformation in transformations:
        name = transformation.name
        if transformation.dimensions == 1:
            points = joined.accuracy.query("transformation == @name")["magnitude"].unique()
            settings = about["fill"], about["seed"]
            strip = None if image is None else transformed_strip(transformation, image, points, *settings)
            figures[f"accuracy_{file_stem(name)}"] = accuracy_curves(joined.accuracy, name, strip)
    return figures


def _chosen(table, transformation, network):
    rows = table[table["transformation"] == transformation]
    rows = rows if network is None else rows[rows["network"] == network]
    if rows.empty:
        raise ValueError(f"The table has no {transformation}; it has {sorted(table['transformation'].unique())}.")
    return rows


def _with_unit(name: str) -> str:
    known = TRANSFORMATIONS.get(name)
    return f"{name} ({known.unit})" if known else label(name)


def _extent(rows):
    low, high = float(rows["magnitude"].min()), float(rows["magnitude"].max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _with_strip(width, height, strip):
    """A figure with an axis for curves and, below, one for each image of the strip, if there is one."""
    if strip is None:
        figure, axes = new_figure(width, height)
        return figure, axes[0, 0], []
    count = len(strip[1])
    figure, axes = new_figure(width, height + STRIP_INCHES + 0.3)
    axes[0, 0].remove()
    grid = figure.add_gridspec(2, count, height_ratios=[height, STRIP_INCHES + 0.3])
    curves = figure.add_subplot(grid[0, :])
    curves.spines[["top", "right"]].set_visible(False)
    return figure, curves, [figure.add_subplot(grid[1, column]) for column in range(count)]


def _draw_strip(axes: Sequence[Any], strip: Any) -> None:
    if strip is None:
        return
    magnitudes, images = strip
    for axis, magnitude, image in zip(axes, magnitudes, check_drawn(images, "strip"), strict=True):
        show_image(axis, image)
        axis.set_xlabel(f"{magnitude:.3g}", fontsize=7)
