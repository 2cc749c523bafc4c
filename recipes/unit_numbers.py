"""The numbers of a layer's units that recipes keep, and their table."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from kinv import analysis


def spread(width: int, count: int) -> np.ndarray:
    """At most so many indices, evenly spread over a layer."""
    return np.linspace(0, width - 1, min(count, width)).astype(int)


def of_layer(maxima: analysis.ActivationMaxima, curve: analysis.LayerInvariance) -> dict[str, Any]:
    """How alike the maxima from all starts are, and how invariant the units."""
    return {
        "spread": float(np.median(maxima.spread)),
        "agreement": float(np.nanmedian(maxima.agreement)),
        "converged": float(maxima.converged.mean()),
        "dead": int(maxima.dead.all(axis=1).sum()),
        "measured": len(curve.units),
        "counted": curve.counted,
        "area": curve.area,
        "area_low": curve.low,
        "area_high": curve.high,
    }


def print_table(numbers: Mapping[str, Mapping[str, Any]]) -> None:
    """Of networks, by layer: what `of_layer` returned."""
    table = Table("", "spread", "agree", "conv.", "dead", "on", "area", "95 %", box=box.SIMPLE)
    for network, layers in numbers.items():
        table.add_section()
        table.add_row(network)
        for layer, of in layers.items():
            table.add_row(
                f" {layer}", f"{of['spread']:.1%}", f"{of['agreement']:.3f}", f"{of['converged']:.0%}",
                str(of["dead"]), f"{of['counted']}/{of['measured']}", f"{of['area']:.3f}",
                f"{of['area_low']:.3f}, {of['area_high']:.3f}",
            )  # fmt: skip
    table.caption = (
        "spread: deviation of the activation over starts; agree: mean cosine of the other starts' inputs with the "
        "best; conv.: converged; on: units whose optimum turns them on; area: under their curves, the mean; a linear "
        "unit has 0.943"
    )
    Console().print(table)
