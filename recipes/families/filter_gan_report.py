"""What the Filter GAN's recipes show."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from kinv.analysis import ActivationMatches
from kinv.models.filter_gan import figures
from kinv.models.filter_gan.figures import scale_filters

SHOWN, MAPPED, GRIDS = 5, 20, 4  # draws in figure 2 and in figure 5, and grids
ACCURACIES = {
    "network": "accuracy of the network as it is",
    "averaged": "average of {draws} sets of filters, layers above retrained",
    "control": "real filters, layers above retrained",
    "single_mean": "single sets of filters, nothing retrained: mean of {singles}",
    "single_worst": "the worst of them",
    "random_mean": "control: real filters plus Gaussian noise of the same standard deviation: mean of {singles}",
}
OTHERS = {
    "explained_variance": ("explained variance of the latent code", "{:.2f}"),
    "diversity": ("diversity, in standard deviations of the real filters", "{:.2f}"),
    "grid_fall": ("grids of images: the objective falls by", "{:.0%}"),
    "grid_fall_at_output": ("the same, compared at the convolution's output", "{:.0%}"),
    "grid_unchanged": ("cells for which the classifier says the same", "{:.1%}"),
    "grid_middle_change": ("largest mean change of a middle cell, of 255", "{:.2f}"),
    "grid_change": ("mean change of the other cells, of 255", "{:.2f}"),
    "grid_detour": ("way from end to end of a row, over the straight one", "{:.2f}"),
    "grid_shape_share": ("share of shape in the change, the rest is brightness", "{:.2f}"),
    "grid_shape_change": ("change of shape of a corner cell, of 255", "{:.2f}"),
}


def print_table(name: str, metrics: Mapping[str, float], right: str, config: Any, paper: Mapping[str, str]) -> None:
    """The accuracies beside the paper's, then what the latent space is worth."""
    table, settings = Table("", "", "paper", title=f"{name}; right is {right}"), vars(config)
    for key, title in ACCURACIES.items():
        table.add_row(title.format(**settings), f"{metrics[key]:.2%}", paper.get(key, ""))
    for key, (title, form) in OTHERS.items():
        table.add_row(title.format(**settings), form.format(metrics[key]), "")
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
    codes = np.random.default_rng(seed + 2).normal(size=(MAPPED, gan.latent_dim))
    generated = np.asarray(gan.generate_filters(codes))
    of = f"Filter GAN of {layer} of {gan.studied_network().name}"
    rows = {"real": kernel, **{f"draw {index + 1}": generated[index] for index in range(SHOWN)}}
    sweep = sweep_of(layer)
    titles = [f"code {row} down, code {column} across" for row, column in matches.dimensions]
    drawings = {
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
    if sweep:
        drawings["sweep.png"] = figures.diversity_against_accuracy(sweep, f"{of}: diverse or accurate")
    return drawings


def sweep_of(layer: str) -> list[dict[str, float]] | None:
    """What `recipes.filter_gan_sweep` found for the layer; None where it was not run, as for photographs."""
    found = Path(__file__).with_name(f"filter_gan_sweep_{layer}.json")
    return json.loads(found.read_text(encoding="utf-8")) if found.is_file() else None


def print_sweep(points: list[dict[str, float]]) -> None:
    """One row for every pair of lambda and least spread."""
    table = Table(
        "lambda", "least spread", "diversity", "single sets", "worst", "random", "explained", "objective falls by"
    )
    for point in points:
        table.add_row(
            *(f"{point[key]:g}" for key in ("information_weight", "min_diversity")),
            f"{point['diversity']:.2f}",
            *(f"{point[key]:.2%}" for key in ("single_mean", "single_worst", "random_mean")),
            f"{point['explained_variance']:.2f}",
            f"{point['fall']:.0%}",
        )
    Console().print(table)


def print_errors(rows: list[dict[str, Any]], arms: Sequence[str]) -> None:
    """Mean and standard deviation of the errors over seeds, and what pooling adds to affine augmentation."""
    table = Table("labels", *arms, "fewer errors than affine")
    for count in sorted({row["labels"] for row in rows}):
        errors = {arm: np.array([row[arm] for row in rows if row["labels"] == count]) for arm in arms}
        fewer = 1 - errors["affine and pooling"].mean() / errors["affine"].mean()
        cells = [f"{100 * values.mean():.2f} ± {100 * values.std():.2f}" for values in errors.values()]
        table.add_row(f"{count:,}", *cells, f"{fewer:.1%}")
    Console().print(table)
