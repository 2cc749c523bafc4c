"""Invariance manifolds beside their baselines and known transformations of the optimum; numbers, tables, figures."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich import box
from rich.console import Console
from rich.table import Table

from kinv import analysis
from kinv.analysis.units import figures
from kinv.ops.whitening import ZcaWhitening
from kinv.surgery.tap import MEAN

FREE = "traced"


def follow(
    network: Any,
    maxima: Mapping[str, analysis.ActivationMaxima],
    whitening: ZcaWhitening | None,
    distances: int,
    paths: int,
    seed: int,
    hessian: bool = True,
    position: Any = MEAN,
) -> dict[str, dict[str, analysis.InvarianceManifold]]:
    """By layer, by way: manifolds traced as they are and in whitened coordinates, and both baselines.

    `paths` is the number of starts and directions, `distances` that of values of epsilon from 0 to 2. Without
    `hessian`, for networks that have none, only great circles in any direction.
    """
    epsilons = tuple(np.linspace(0, 2, distances))
    ways: dict[str, dict[str, Any]] = {}
    for layer, found in maxima.items():
        given = network, layer, found.units, found.best, epsilons
        ways[layer] = {
            FREE: analysis.trace_manifold(*given, None, seed, starts=paths, position=position),
            "geodesic": analysis.follow_great_circles(*given, "geodesic", seed, directions=paths, position=position),
        }
        if hessian:
            ways[layer]["Hessian"] = analysis.follow_great_circles(
                *given, "hessian", seed, directions=paths, position=position
            )
        if whitening is not None:
            ways[layer]["traced, whitened"] = analysis.trace_manifold(
                *given, whitening, seed, starts=paths, position=position
            )
    return ways


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


def compare(ways: Mapping[str, Mapping[str, analysis.InvarianceManifold]]) -> dict[str, dict[str, Any]]:
    """By layer: how far the traced manifold is ahead of each other way.

    `curves` are medians over units that are turned on, over the activation at the optimum. `ahead_of_X` is the median
    over all units of the difference to X, over the magnitude of the activation at the optimum, at the distance where it
    is least; `wins_over_X` the share of units that are not behind by more than 1e-4 of it, likewise. The ends, 0 and 2,
    hold one input each for all ways, and are left out of both.
    """
    numbers: dict[str, dict[str, Any]] = {}
    for layer, of in ways.items():
        traced = of[FREE].best_activations
        on = traced[:, 0] > 0
        inner = (of[FREE].epsilons > 0) & (of[FREE].epsilons < 2)
        numbers[layer] = {"curves": {}}
        for way, path in of.items():
            activations = path.best_activations
            if on.any():
                relative = activations[on] / activations[on, :1]
                numbers[layer]["curves"][way] = np.median(relative, axis=0).astype(float).round(4).tolist()
            if way == FREE:
                continue
            ahead = ((traced - activations) / np.abs(traced[:, :1]))[:, inner]
            ahead = ahead[np.isfinite(ahead).all(axis=1)]
            numbers[layer][f"ahead_of_{way}"] = float(np.median(ahead, axis=0).min())
            numbers[layer][f"wins_over_{way}"] = float((ahead > -1e-4).mean(axis=0).min())
    return numbers


def decompose(
    network: Any,
    maxima: Mapping[str, analysis.ActivationMaxima],
    ways: Mapping[str, Mapping[str, analysis.InvarianceManifold]],
    side: Sequence[int] | None,
    samples: int,
    seed: int,
    position: Any = MEAN,
) -> dict[str, analysis.InvarianceDecomposition]:
    """By layer: the manifold restricted to known transformations. `side`: of images, where inputs are vectors."""
    return {
        layer: analysis.decompose_invariance(
            network, layer, found.units, found.best, tuple(ways[layer][FREE].epsilons), ways[layer][FREE], side,
            seed, samples=samples, position=position,
        )
        for layer, found in maxima.items()
    }  # fmt: skip


def summarise(decomposed: Mapping[str, analysis.InvarianceDecomposition]) -> dict[str, dict[str, Any]]:
    """By layer: medians over units of tolerance and share for every family, and how many units each group has."""
    numbers = {}
    for layer, found in decomposed.items():
        groups = found.groups()
        on = found.turned_on
        explained = found.shares[np.isfinite(found.shares).all(axis=1)]
        numbers[layer] = {
            "compared": len(on),
            "turned_on": int(on.sum()),
            "with_something_to_explain": len(explained),
            "groups": {str(name): int((groups == name).sum()) for name in sorted(set(groups))},
            "tolerance": _medians(found.families, found.tolerances[on]),
            "share": _medians(found.families, explained),
        }
    return numbers


def _medians(families, values) -> dict[str, float | None]:
    known = [column[np.isfinite(column)] for column in values.T]
    return {name: float(np.median(of)) if len(of) else None for name, of in zip(families, known, strict=True)}


def numbers_of(
    maxima: Mapping[str, analysis.ActivationMaxima],
    curves: Sequence[analysis.LayerInvariance],
    ways: Mapping[str, Mapping[str, analysis.InvarianceManifold]],
    decomposed: Mapping[str, analysis.InvarianceDecomposition],
) -> dict[str, dict[str, Any]]:
    """All numbers of a network's layers."""
    compared, known = compare(ways), summarise(decomposed)
    return {
        layer: {**of_layer(maxima[layer], curve), **compared[layer], **known[layer]}
        for layer, curve in zip(maxima, curves, strict=True)
    }


def print_expected(sentences: Sequence[str]) -> None:
    """What the paper saw, to be read beside the numbers above."""
    print("\nThe paper:")
    for sentence in sentences:
        print(f"- {sentence}")


def draw(name: str, ways: Any, decomposed: Any) -> dict[str, Figure]:
    """Figures by file name; layers of which no unit is turned on have none."""
    on = {layer: found for layer, found in decomposed.items() if found.turned_on.any()}
    return {
        f"{name}_paths.png": figures.paths_beside(
            {layer: ways[layer] for layer in on}, f"{name}: ways from the maxima, median of units"
        ),
        f"{name}_restricted.png": figures.restricted_curves(on, f"{name}: units under known transformations"),
        f"{name}_tolerance.png": figures.tolerance_map(on, f"{name}: what units ignore"),
    }


def print_tables(numbers: Mapping[str, Mapping[str, Any]]) -> None:
    """Of networks, by layer: what `compare` and `summarise` returned, in one."""
    first = next(iter(next(iter(numbers.values())).values()))
    ways = [key.removeprefix("ahead_of_") for key in first if key.startswith("ahead_of_")]
    captions = {
        "ahead": "Traced manifolds less the others, over the activation at the optimum, in the median unit at the "
        "distance where that is least; then the least share of units in which they are not behind:",
        "share": "Share of the free manifold's invariance, above a linear unit's, that known transformations explain, "
        "median over units that have some:",
        "tolerance": "What is kept of what a linear unit loses, negative if less is kept, median over units that are "
        "turned on:",
    }
    for kind, caption in captions.items():
        columns = [f"ahead of {way}" for way in ways] if kind == "ahead" else [*first[kind], "units"]
        Console().print(f"\n{caption}")
        for network, layers in numbers.items():
            table = Table("", *columns, title=network, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
            for layer, of in layers.items():
                if kind == "ahead":
                    cells = [f"{of[f'ahead_of_{way}']:+.4f}, {of[f'wins_over_{way}']:.0%}" for way in ways]
                else:
                    counted = of["with_something_to_explain"] if kind == "share" else of["turned_on"]
                    cells = ["" if value is None else f"{value:+.2f}" for value in of[kind].values()]
                    cells.append(f"{counted}/{of['compared']}")
                table.add_row(layer, *cells)
            Console().print(table)


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
        "spread: standard deviation of the activation over starts; agree: mean cosine of the other starts' inputs with "
        "the best; conv.: converged; on: units whose optimum turns them on; area: under their curves, the mean; a "
        "linear unit has 0.943"
    )
    Console().print(table)
