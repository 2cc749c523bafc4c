"""What the screening's recipes show: figures and tables."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from kinv import Screening
from kinv.figures import sensitivity

NAMED_CLASSES = 5


def draw(screening: Screening, transformations: list[Any], picture: np.ndarray, folder: Path) -> None:
    """Every figure of one network's screening, as PNG files."""
    _save(sensitivity.overview(screening, transformations, picture), folder)


def draw_comparison(joined: Screening, transformations: list[Any], picture: np.ndarray, folder: Path) -> None:
    """The accuracy curves of several networks on one axis."""
    _save(sensitivity.comparison(joined, transformations, picture), folder)


def print_medians(medians: pd.DataFrame) -> None:
    """Median critical points: a row for every transformation and side, a column for every network."""
    networks = list(medians["network"].unique())
    table = Table("transformation", "side", *networks, title="median critical point over classes (never critical)")
    for (transformation, side), rows in medians.groupby(["transformation", "side"], sort=False):
        found = rows.set_index("network")
        cells = [_median(found.loc[network]) if network in found.index else "" for network in networks]
        table.add_row(str(transformation), str(side), *cells)
    Console().print(table)


def print_findings(findings: dict[str, pd.DataFrame]) -> None:
    """The paper's claims as numbers."""
    table = Table("transformation", "side", "rank correlation", "classes", title="two networks' critical points")
    for row in findings["correlation"].itertuples():
        table.add_row(str(row.transformation), str(row.side), f"{row.correlation:.2f}", str(row.classes))
    console = Console()
    console.print(table)
    for network, rows in findings["returning"].groupby("network", sort=False):
        console.print(f"{network}, back at 180 degrees ({len(rows)} classes): {_names(rows)}")
    for network, rows in findings["tolerance"].groupby("network", sort=False):
        console.print(f"{network}, most tolerant: {_names(rows)}; least: {_names(rows[::-1])}")


def _save(figures, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.png")


def _median(row) -> str:
    value = "beyond" if np.isinf(row["median"]) else f"{row['median']:.2f}"
    return f"{value} ({row['never']:.0%})"


def _names(rows) -> str:
    return ", ".join(name.split(",")[0] for name in rows["class_name"][:NAMED_CLASSES])
