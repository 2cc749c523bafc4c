"""The figure that compares learned and hand-made families at equal distance."""

import pandas as pd
from matplotlib.figure import Figure

from kinv.figures.labels import label
from kinv.figures.style import INK, SERIES, headline, new_figure

COLOR_FAMILIES = ("brightness", "contrast", "greyscale")
LEARNED_SPACE, LEARNED_COLOR = "_space", "_color"  # how their names end


def unchanged_by_distance(accuracy: pd.DataFrame, network: str | None = None) -> Figure:
    """Learned and hand-made families on one plot: unchanged predictions against the distance from the identity."""
    rows = accuracy.dropna(subset=["distance"])
    rows = rows[rows["magnitude_2"].isna()]  # single transformations only
    rows = rows if network is None else rows[rows["network"] == network]
    if rows.empty:
        raise ValueError("None of the transformations has a distance from the identity: include an affine one.")
    families: dict[str, list[str]] = {"space": [], "colour": []}
    for name in rows["transformation"].unique():
        in_color = name in COLOR_FAMILIES or name.endswith(LEARNED_COLOR)
        families["colour" if in_color else "space"].append(name)
    families = {family: names for family, names in families.items() if names}
    figure, axes = new_figure(4.9 * len(families), 4.4, 1, len(families), sharey=True)
    number = 0
    for axis, (family, names) in zip(axes.flat, families.items(), strict=True):
        for name in names:
            curve = rows[rows["transformation"] == name].sort_values("distance")
            learned = name.endswith((LEARNED_SPACE, LEARNED_COLOR))
            style = SERIES[number % len(SERIES)]
            axis.scatter(
                curve["distance"],
                curve["unchanged"],
                s=60 if learned else 18,
                color=style["color"],
                marker="*" if learned else style["marker"],
                edgecolors=INK if learned else "none",
                linewidths=0.6,
                zorder=3 if learned else 2,
                label=f"{label(name)}: learned" if learned else label(name),
                clip_on=False,  # at the identity all predictions stay
            )
            number += 1
        axis.set(xlabel=f"distance from the identity in {family}, Frobenius norm", ylim=(0, 1.02))
        axis.set_xlim(left=0)
        axis.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2)
    axes[0, 0].set_ylabel("predictions unchanged, share")
    headline(figure, f"{', '.join(rows['network'].unique())}: what stays at equal distance")
    return figure
