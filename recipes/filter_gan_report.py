"""What the Filter GAN's recipes show."""

from typing import Any

from rich.console import Console
from rich.table import Table

from kinv.analysis import FilterQuality

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
