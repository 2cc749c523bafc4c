"""What the screening's recipes share: settings, the screening itself, and the tables that they print."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.console import Console
from rich.table import Table

import kinv
from kinv.printable import printable
from recipes.experiment.experiment import Config, Experiment
from recipes.experiment.material import find_images, load_classifier
from recipes.experiment.naming import data_words

LONGEST_NAME = 40  # letters
NAMED_CLASSES = 5
TRANSLATIONS = "translate_x+translate_y"  # figure 2d
PAPERS = (
    *("translate_x", "translate_y", "rotation", "scale_x", "scale_y", "zoom"),
    *("brightness", "contrast", "greyscale", "blur", "noise"),
    TRANSLATIONS,
)
RESIDUAL: dict[str, Any] = {"classifier": "resnet101", "fallback": "efficientnet_lite0"}


@dataclass(frozen=True)
class ScreeningConfig(Config):
    """The magnitudes are the transformations' own, which cover the paper's ranges."""

    classifier: str = "alexnet"  # paper, section III-B
    fallback: str = "squeezenet"  # where the classifier's weights are not on this machine
    labels: bool = True  # False: the classifier's own predictions
    transformations: tuple[str, ...] = PAPERS
    every: int = 2  # takes every second of the default magnitudes; 1: all
    limit: int | None = 125  # images, evenly from all of them
    batch_size: int = 50
    fill: Literal["zeros", "reflect", "nearest"] = "zeros"
    output: Path = Path("runs")


def screened(experiment: Experiment) -> tuple[Any, list[Any], dict[int, np.ndarray]]:
    """The screening, its transformations and images of its classes to show them on; an unfinished one goes on."""
    from kinv.analysis.screening import figures as sensitivity

    config = experiment.config
    classifier = load_classifier(config.classifier, config.fallback, config.download)
    source = find_images(config.data, config.download, config.limit)
    if config.labels and source.labels is None:
        print("Labels:   none; the network's own predictions take their place")
    experiment.about("screen", classifier.name, data_words(source))
    chosen = [kinv.ops.find(name) for name in config.transformations]
    screening = kinv.screen(
        classifier,
        source,
        transformations=chosen,
        magnitudes={transformation.name: transformation.thinned(config.every) for transformation in chosen},
        batch_size=config.batch_size,
        fill=config.fill,
        seed=config.seed,
        use_labels=config.labels,
        results=experiment.folder / "tables",
        progress=True,
    )
    classes = sensitivity.highest_classes(screening)
    return screening, chosen, kinv.analysis.class_examples(classifier, source, None, classes, config.labels)


def as_files(figures: dict[str, Any]) -> dict[str, Any]:
    """Figures by file name."""
    return {f"{name}.png": figure for name, figure in figures.items()}


def print_medians(medians: Any) -> None:
    """Median critical points: a row for every transformation and side, a column for every network."""
    networks = list(medians["network"].unique())
    table = Table("transformation", "side", *networks, title="median critical point over classes (never critical)")
    for (transformation, side), rows in medians.groupby(["transformation", "side"], sort=False):
        found = rows.set_index("network")
        cells = [_median(found.loc[network]) if network in found.index else "" for network in networks]
        table.add_row(str(transformation), str(side), *cells)
    Console().print(table)


def print_findings(findings: dict[str, Any]) -> None:
    """The paper's claims as numbers."""
    columns = ("rank correlation", "at equal log-odds", "classes")
    table = Table("transformation", "side", *columns, title="two networks' critical points")
    for row in findings["correlation"].itertuples():
        numbers = (f"{row.correlation:.2f}", f"{row.at_equal_odds:.2f}", str(row.classes))
        table.add_row(str(row.transformation), str(row.side), *numbers)
    console = Console()
    console.print(table)
    for network, rows in findings["returning"].groupby("network", sort=False):
        console.print(f"{network}, back at 180 degrees ({len(rows)} classes): {_names(rows)}", markup=False)
    for network, rows in findings["tolerance"].groupby("network", sort=False):
        console.print(f"{network}, most tolerant: {_names(rows)}; least: {_names(rows[::-1])}", markup=False)


def _median(row) -> str:
    value = "beyond" if np.isinf(row["median"]) else f"{row['median']:.2f}"
    return f"{value} ({row['never']:.0%})"


def _names(rows) -> str:
    return ", ".join(printable(name.split(",")[0], LONGEST_NAME) for name in rows["class_name"][:NAMED_CLASSES])
