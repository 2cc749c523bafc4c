"""Figures of the sensitivity screening (Bunne, Rahmann and Wolf; figures 2, 3, 6 and 7, and beyond)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from kinv.arrays import check_drawn
from kinv.figures.labels import SHORT, class_label, fitted, label
from kinv.figures.style import (
    ACCENT,
    BAD,
    LINEAR,
    QUIET,
    headline,
    legend_beside,
    new_figure,
    series,
    show_image,
)
from kinv.ops.transformations.by_name import BY_NAME
from kinv.printable import file_stem

from .distance_figure import unchanged_by_distance
from .strip import transformed_strip
from .totals import OTHERS

WIDTH, HEIGHT = 8.0, 3.6  # inches of a figure of curves, without its strip
STRIP_INCHES = 0.85
CLASSES = 3  # that get their own curves in an overview
HIGHEST_STRIP = 10.0  # inches
ROW, NARROW_ROW, MOST_NAMED = 0.2, 0.06, 45  # inches of a class in a strip, and how many get their names


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
    figure, axis, below = _with_strip(strip)
    number = 0
    for predicted, curve in rows.groupby("predicted", sort=False):
        name = class_label(curve["predicted_name"].iloc[0])
        if predicted == OTHERS:
            axis.plot(curve["magnitude"], curve["softmax"], **LINEAR, label="others, the highest")
        elif predicted == class_index:
            axis.plot(curve["magnitude"], curve["softmax"], **series(0, len(curve)), linewidth=2.4, label=name)
        else:
            number += 1
            axis.plot(curve["magnitude"], curve["softmax"], **series(number, len(curve)), label=name)
    axis.set(xlabel=_with_unit(transformation), ylabel="softmax, mean over images", ylim=(0, 1.02), xlim=_extent(rows))
    legend_beside(axis, title="predicted")
    headline(figure, f"{rows['network'].iloc[0]}: images of {class_label(rows['class_name'].iloc[0])}")
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
    figure, axis, below = _with_strip(strip)
    for number, (network, curve) in enumerate(rows.groupby("network", sort=False)):
        axis.plot(curve["magnitude"], curve[measure], **series(number, len(curve)), label=label(network, SHORT))
    shown = {"accuracy": "accuracy, mean over classes", "unchanged": "predictions unchanged, share"}[measure]
    axis.set(xlabel=_with_unit(transformation), ylabel=shown, ylim=(0, 1.02), xlim=_extent(rows))
    if rows["network"].nunique() > 1:
        legend_beside(axis, title="network")
    headline(figure, f"{', '.join(rows['network'].unique())} under {transformation}")
    _draw_strip(below, strip)
    return figure


def critical_strip(critical_points: pd.DataFrame, transformation: str, network: str | None = None) -> Figure:
    """The critical points of all classes, sorted by the width of the range with a correct mean prediction.

    A bar spans the magnitudes that a class tolerates. Where it ends in an arrowhead, the class stays right to the end
    of the screened range. Classes that are predicted incorrectly at the neutral magnitude are left out and counted.
    """
    rows = _chosen(critical_points, transformation, network)
    wrong = rows[rows["status"] == "wrong at neutral"]["class"].nunique()
    rows = rows[rows["status"] != "wrong at neutral"]
    table = rows.pivot(index="class", columns="side", values="magnitude").reindex(columns=["below", "above"])
    names = rows.groupby("class")["class_name"].first()
    sides = set(rows["side"])
    reached = rows.assign(magnitude=rows["magnitude"].fillna(rows["end"]))
    filled = reached.pivot(index="class", columns="side", values="magnitude").reindex(columns=["below", "above"])
    filled = filled.fillna(BY_NAME[transformation].neutral if transformation in BY_NAME else 0.0)
    order = (filled["above"] - filled["below"]).sort_values().index

    many = len(order) > MOST_NAMED
    height = min(HIGHEST_STRIP, 2.0 + (NARROW_ROW if many else ROW) * max(len(order), 4))
    figure, axes = new_figure(WIDTH, height)
    axis = axes[0, 0]
    beyond = {"below": "<", "above": ">"}  # arrowheads
    for position, index in enumerate(order):
        left, right = filled.loc[index, "below"], filled.loc[index, "above"]
        axis.plot([left, right], [position, position], color=QUIET, linewidth=1 if many else 3, solid_capstyle="butt")
        for side, at in (("below", left), ("above", right)):
            if side in sides:
                never = np.isnan(table.loc[index, side])
                mark, color = (beyond[side], ACCENT) if never else ("o", BAD)
                axis.plot(at, position, marker=mark, markersize=3 if many else 6, color=color, clip_on=False)
    if many:
        axis.set(yticks=[], ylabel=f"{len(order)} classes, most tolerant at the top")
    else:
        axis.set_yticks(range(len(order)), [class_label(names[index]) for index in order])
    of = rows["network"].iloc[0] if len(rows) else network
    left_out = f"; left out: {wrong} of {wrong + len(order)} classes, wrong before any change" if wrong else ""
    note = f"dot: no longer right; arrowhead: right to the end of the range{left_out}"
    axis.set_xlabel(f"{_with_unit(transformation)}\n{fitted(note, 0.75 * WIDTH)}")
    headline(figure, f"{of}: critical points of {transformation}, by class")
    if not len(order):
        axis.set(xticks=[], yticks=[])
        axis.text(0.5, 0.5, "no class is right before any change", transform=axis.transAxes, ha="center")
    return figure


def two_transformations(accuracy: pd.DataFrame, transformation: str, network: str | None = None) -> Figure:
    """Figure 2d: the share of correct predictions over two magnitudes, as a map."""
    rows = _chosen(accuracy, transformation, network)
    grid = rows.pivot(index="magnitude_2", columns="magnitude", values="accuracy")
    first, second = transformation.split("+")
    figure, axes = new_figure(6.0, 4.8)
    axis = axes[0, 0]
    mesh = axis.pcolormesh(grid.columns, grid.index, grid.to_numpy(), vmin=0, vmax=1, cmap="magma", shading="nearest")
    axis.set(xlabel=_with_unit(first), ylabel=_with_unit(second))
    figure.colorbar(mesh, ax=axis, label="accuracy, mean over classes")
    headline(figure, f"{rows['network'].iloc[0]} under {first} and {second}")
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
    known = {**BY_NAME, **{transformation.name: transformation for transformation in transformations}}
    settings = screening.metadata.get("joined", [screening.metadata])[0]
    measure = "accuracy" if settings.get("labels", "given") == "given" else "unchanged"

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
        figures[f"accuracy_{stem}"] = accuracy_curves(screening.accuracy, name, strip, measure)
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
    known = BY_NAME.get(name)
    return f"{name} ({known.unit})" if known else label(name)


def _extent(rows):
    low, high = float(rows["magnitude"].min()), float(rows["magnitude"].max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _with_strip(strip):
    """A figure with an axis for curves and, below, one for each image of the strip, if there is one."""
    if strip is None:
        figure, axes = new_figure(WIDTH, HEIGHT)
        return figure, axes[0, 0], []
    count = len(strip[1])
    figure, axes = new_figure(WIDTH, HEIGHT + STRIP_INCHES + 0.4)
    axes[0, 0].remove()
    grid = figure.add_gridspec(2, count, height_ratios=[HEIGHT, STRIP_INCHES + 0.4])
    curves = figure.add_subplot(grid[0, :])
    curves.spines[["top", "right"]].set_visible(False)
    return figure, curves, [figure.add_subplot(grid[1, column]) for column in range(count)]


def _draw_strip(axes: Sequence[Any], strip: Any) -> None:
    if strip is None:
        return
    magnitudes, images = strip
    for axis, magnitude, image in zip(axes, magnitudes, check_drawn(images, "strip"), strict=True):
        show_image(axis, image)
        axis.set_xlabel(f"{magnitude:.3g}")
