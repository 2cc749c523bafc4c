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

TRADE_OFF = """![Diversity against accuracy](figures/sweep.png)

Short trainings on layer `{layer}` of `digit_cnn` (`recipes.filter_gan_sweep`): {found}"""
FOUND = {
    "conv4": "lambda buys explained variance, which spread costs, with a little accuracy. Beside the real filters plus "
    "random numbers as large, what was learned shows the more, the more filters are spread.",
    "conv2": "lambda buys explained variance, and in these short trainings spread does too. Beside the real filters "
    "plus random numbers as large, what was learned shows the more, the more filters are spread.",
}
SPREAD = """- Filters are held to a spread of at least {min_diversity} of the real filter's own deviation.
  The two players alone settle on filters that hardly differ, in directions that matter; held apart, filters move to
  where the outputs change least."""
CENTERED = """- The mean over all codes is the real filters; in the paper the generator starts from nothing.
  The average over many draws is then the network itself, by construction: what is learned is how filters can differ
  around it."""
FREE = "- Filters start from nothing and are as alike as the two players make them, as in the paper."
SHOWN, MAPPED, GRIDS = 5, 20, 4  # draws in figure 2 and in figure 5, and grids
ACCURACIES = {
    "network": "accuracy of the network as it is",
    "averaged": "average of {draws} sets of filters, layers above retrained",
    "control": "real filters, layers above retrained",
    "single_mean": "single sets of filters, nothing retrained: mean of {singles}",
    "single_worst": "the worst of them",
    "random_mean": "real filters plus random numbers as large: mean of {singles}",
}
OTHERS = {
    "explained_variance": ("explained variance of the latent code", "{:.2f}"),
    "diversity": ("diversity, in deviations of the real filters", "{:.2f}"),
    "grid_fall": ("grids of pictures: the objective falls by", "{:.0%}"),
    "grid_fall_at_output": ("the same, compared at the convolution's output", "{:.0%}"),
    "grid_unchanged": ("cells for which the classifier says the same", "{:.1%}"),
    "grid_middle_change": ("largest mean change of a middle cell, of 255", "{:.2f}"),
    "grid_change": ("mean change of the other cells, of 255", "{:.2f}"),
    "grid_detour": ("way from end to end of a row, over the straight one", "{:.2f}"),
    "grid_shape_share": ("share of shape in the change, the rest is brightness", "{:.2f}"),
    "grid_shape_change": ("change of shape of a corner cell, of 255", "{:.2f}"),
}


def print_table(metadata: dict[str, Any], paper: Mapping[str, str]) -> None:
    """The accuracies beside the paper's, then what the latent space is worth."""
    metrics, config = metadata["metrics"], metadata["config"]
    table = Table("", "", "paper", title=f"{metadata['name']}; right is {metadata['right']}")
    for key, title in ACCURACIES.items():
        table.add_row(title.format(**config), f"{metrics[key]:.2%}", paper.get(key, ""))
    for key, (title, form) in OTHERS.items():
        table.add_row(title.format(**config), form.format(metrics[key]), "")
    Console().print(table)


def draw(gan: Any, matches: ActivationMatches, config: Any) -> dict[str, Figure]:
    """The paper's figures 2, 5 and, for the layer, 3, 4, 6 or 7, by file name.

    Args:
        gan: a trained `FilterGAN` with its classifier.
        matches: pictures that match, of which the first are shown.
        config: the recipe's.
    """
    kernel = np.asarray(gan.cut.require("draw").kernel())
    codes = np.random.default_rng(config.seed + 2).normal(size=(MAPPED, gan.latent_dim))
    generated = np.asarray(gan.generate_filters(codes))
    rows = {"real": kernel, **{f"draw {index + 1}": generated[index] for index in range(SHOWN)}}
    sweep = sweep_of(config)
    titles = [f"code {row} down, code {column} across" for row, column in matches.dimensions]
    drawings = {
        "filters.png": figures.filters_as_colors(rows),
        "map.png": figures.map_of_filters(*scale_filters(kernel, generated)),
        "grids.png": figures.activation_grids(matches.pictures[:GRIDS], titles[:GRIDS]),
        "differences.png": figures.grid_differences(matches.pictures[:GRIDS], titles[:GRIDS]),
    }
    return {**drawings, "sweep.png": figures.diversity_against_accuracy(sweep)} if sweep else drawings


def sweep_of(config: Any) -> list[dict[str, float]] | None:
    """What `recipes.filter_gan_sweep` found for the layer; None where it was not run, as for photographs."""
    found = Path(__file__).with_name(f"filter_gan_sweep_{config.layer}.json")
    return json.loads(found.read_text(encoding="utf-8")) if found.is_file() else None


def trade_off(config: Any) -> str:
    """What the card says of the sweep."""
    if config.layer not in FOUND or not sweep_of(config):
        return "There is no sweep for this layer."
    return TRADE_OFF.format(layer=config.layer, found=FOUND[config.layer])


def of_paper(config: Any) -> str:
    """What the card says of spread and middle, in which a configuration may differ from the paper or not."""
    parts = [SPREAD.format(min_diversity=config.min_diversity)] if config.min_diversity else []
    parts += [CENTERED] if config.centered else []
    return "\n".join(parts) or FREE


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
