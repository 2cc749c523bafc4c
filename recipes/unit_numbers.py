"""The numbers of a layer's units that recipes keep, and their table."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from kinv import analysis


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
    table = Table("network", "layer", "spread", "agreement", "converged", "dead", "turned on", "area under the curve")
    for network, layers in numbers.items():
        for layer, of in layers.items():
            interval = f"{of['area']:.3f} ({of['area_low']:.3f} to {of['area_high']:.3f})"
            table.add_row(
                network, layer, f"{of['spread']:.1%}", f"{of['agreement']:.3f}", f"{of['converged']:.0%}",
                str(of["dead"]), f"{of['counted']} of {of['measured']}", interval,
            )  # fmt: skip
    table.caption = (
        "spread: deviation of the activation over starts; agreement: mean cosine of the other starts' inputs with the "
        "best; turned on: units whose optimum turns them on, of which the area is the mean; a linear unit has 0.943"
    )
    Console().print(table)
