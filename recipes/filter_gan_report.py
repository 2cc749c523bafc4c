"""What the Filter GAN's recipes show."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from kinv.analysis import FilterQuality
from kinv.analysis.filter_map import scale_filters
from kinv.figures import filter_gan as figures

SHOWN, MAPPED = 5, 20  # draws in figure 2 and in figure 5
PAPER = {"network": "97.1%", "averaged": "98.2%"}  # section 5.2
ROWS = {
    "network": "the network as it is",
    "averaged": "average of {draws} sets of filters, layers above retrained",
    "control": "real filters, layers above retrained",
    "single_mean": "single sets of filters, nothing retrained: mean of {singles}",
    "single_worst": "the worst of them",
}


def print_table(quality: FilterQuality, metadata: dict[str, Any]) -> None:
    """The accuracies beside the paper's, then what the latent space is worth."""
    metrics, config = quality.metrics(), metadata["config"]
    table = Table("test accuracy", "", "paper", title=metadata["name"])
    for key, title in ROWS.items():
        table.add_row(title.format(**config), f"{metrics[key]:.2%}", PAPER.get(key, ""))
    table.add_row("explained variance of the latent code", f"{metrics['explained_variance']:.2f}", "")
    table.add_row("diversity, in deviations of the real filters", f"{metrics['diversity']:.2f}", "")
    Console().print(table)


def draw(gan: Any, seed: int) -> dict[str, Figure]:
    """The paper's figures 2 and 5, by file name.

    Args:
        gan: a trained `FilterGAN` with its classifier.
        seed: of the draws.
    """
    kernel = np.asarray(gan.cut.require("draw").kernel())
    codes = np.random.default_rng(seed).normal(size=(MAPPED, gan.latent_dim))
    generated = np.asarray(gan.generate_filters(codes))
    rows = {"real": kernel, **{f"draw {index + 1}": generated[index] for index in range(SHOWN)}}
    return {
        "filters.png": figures.filters_as_colors(rows),
        "map.png": figures.map_of_filters(*scale_filters(kernel, generated)),
    }


def print_sweep(points: list[dict[str, float]]) -> None:
    """One row for every pair of lambda and noise."""
    table = Table("lambda", "noise", "diversity", "single sets", "worst", "explained", "objective falls by")
    for point in points:
        table.add_row(
            *(f"{point[key]:g}" for key in ("information_weight", "noise")),
            f"{point['diversity']:.2f}",
            *(f"{point[key]:.2%}" for key in ("single_mean", "single_worst")),
            f"{point['explained_variance']:.2f}",
            f"{point['fall']:.0%}",
        )
    Console().print(table)
