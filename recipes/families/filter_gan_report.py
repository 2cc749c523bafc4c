"""What the Filter GAN's recipes show."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from kinv.analysis import ActivationMatches
from kinv.analysis.filters.change_parts import PARTS, REST
from kinv.models.filter_gan import figures
from kinv.models.filter_gan.figures import rows_of_images, scale_filters
from recipes.experiment.material import evenly

SHOWN, MAPPED, GRIDS = 5, 20, 4  # draws in figure 2 and in figure 5, and grids
ACCURACIES = {
    "network": "accuracy of the network as it is",
    "averaged": "average of {draws} sets of filters, layers above retrained",
    "control": "real filters, layers above retrained",
    "single_mean": "single sets of filters, nothing retrained: mean of {singles}",
    "single_worst": "the worst of them",
    "generated": "sets scaled to one movement of outputs, mean of {sets}",
    "best_other": "control: the best of noise and hand-made filters at this movement, mean of {sets}",
}
OTHERS = {
    "movement": ("movement of outputs, in standard deviations between images", "{:.2f}"),
    "apart": ("distance of the outputs of one image under two codes", "{:.2f}"),
    "explained_variance": ("explained variance of the latent code", "{:.2f}"),
    "diversity": ("diversity, in standard deviations of the real filters", "{:.2f}"),
    "grid_fall": ("grids of images: the objective falls by", "{:.0%}"),
    "grid_unchanged": ("cells for which the classifier says the same", "{:.1%}"),
    "grid_middle_change": ("largest mean change of a middle cell, of 255", "{:.2f}"),
    "grid_change": ("mean change of the other cells, of 255", "{:.2f}"),
    "grid_corner_change": ("mean change of the corner cells, of 255", "{:.2f}"),
    "grid_detour": ("way from end to end of a row, over the straight one", "{:.2f}"),
    "grid_shape_share": ("share of shape in the change, the rest is brightness", "{:.2f}"),
    "grid_shape_change": ("change of shape of a corner cell, of 255", "{:.2f}"),
    **{
        f"grid_part_{name.replace(' ', '_')}": (f"of the squared change of corner cells, {name}", "{:.0%}")
        for name in (*PARTS, REST)
    },
    "counterpart_mismatch": ("of the filters' movement, what counterparts do not say", "{:.2f}"),
    "counterpart_change": ("mean change of counterparts, of 255", "{:.1f}"),
    "counterpart_unchanged": ("counterparts for which the classifier says the same", "{:.1%}"),
    "counterpart_judge": ("the same, to a second network", "{:.1%}"),
}
COUNTERPARTS, CODES = 6, 12  # images and codes in the figure


def print_table(name: str, metrics: Mapping[str, float], right: str, config: Any, paper: Mapping[str, str]) -> None:
    """The accuracies beside the paper's, then what the latent space is worth."""
    table, settings = Table("", "", "control", "paper", title=f"{name}; right is {right}"), vars(config)
    for key, title in ACCURACIES.items():
        table.add_row(title.format(**settings), f"{metrics[key]:.2%}", "", paper.get(key, ""))
    for key, (title, form) in OTHERS.items():
        if key in metrics:
            control = metrics.get(f"control_{key}")
            table.add_row(title, form.format(metrics[key]), "" if control is None else form.format(control), "")
    table.caption = "controls of grids: a random linear code that moves outputs as far"
    Console().print(table)


def draw(gan: Any, matches: ActivationMatches, layer: str, seed: int) -> dict[str, Figure]:
    """The paper's figures 2, 5 and, for the layer, 3, 4, 6 or 7, by file name.

    Args:
        gan: a trained `FilterGAN` with its classifier.
        matches: images that match, of which the first are shown.
        layer: whose filters they are.
        seed: of the codes.
    """
    kernel = np.asarray(gan.cut.require("draw").kernel())
    codes = gan.draw_codes(MAPPED, seed + 2)
    generated = np.asarray(gan.generate_filters(codes))
    of = f"Filter GAN of {layer} of {gan.studied_network().name}"
    rows = {"real": kernel, **{f"draw {index + 1}": generated[index] for index in range(SHOWN)}}
    titles = [f"code {row} down, code {column} across" for row, column in matches.dimensions]
    return {
        "filters.png": figures.filters_as_colors(rows, title=f"{of}: filters, channels as colours"),
        "map.png": figures.map_of_filters(*scale_filters(kernel, generated), f"{of}: {MAPPED} draws"),
        "grids.png": figures.activation_grids(
            matches.images[:GRIDS], titles[:GRIDS], f"{of}: in the middle a held-out image, around it images that "
            "other filters answer alike",
        ),
        "differences.png": figures.grid_differences(
            matches.images[:GRIDS], titles[:GRIDS], f"{of}: differences from the middle, enlarged; grey: none"
        ),
    }  # fmt: skip


def draw_counterparts(gan: Any, images: Any, layer: str, seed: int) -> Figure:
    """Some images, and beside each its counterparts for a dozen codes."""
    codes = gan.draw_codes(CODES, seed + 4)
    shown = np.asarray(images[evenly(len(images), COUNTERPARTS)], "float32")
    rows = [np.concatenate([image[None], gan.counterpart(np.repeat(image[None], CODES, 0), codes)]) for image in shown]
    title = (
        f"{layer} of {gan.studied_network().name}: an image, and what the real filters answer as generated ones do it"
    )
    return rows_of_images(np.stack(rows), title)


def print_errors(rows: list[dict[str, Any]], arms: Sequence[str]) -> None:
    """Mean and standard deviation of the errors over seeds; in brackets, how many fewer than with affine alone."""
    table = Table("labels", *arms)
    for count in sorted({row["labels"] for row in rows}):
        errors = {arm: np.array([row[arm] for row in rows if row["labels"] == count]) for arm in arms}
        fewer = {arm: 1 - values.mean() / errors["affine"].mean() for arm, values in errors.items()}
        cells = [
            f"{100 * values.mean():.2f} ± {100 * values.std():.2f}"
            + ("" if arm == "affine" else f" ({fewer[arm]:+.0%})")
            for arm, values in errors.items()
        ]
        table.add_row(f"{count:,}", *cells)
    Console().print(table)
