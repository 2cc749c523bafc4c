"""What the recipes of unit analysis share: maxima, samples, combinations and invariance of units of trained stacks."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import kinv
from kinv import analysis, data
from kinv.analysis.units import figures
from kinv.models import DeepBeliefNetwork
from kinv.models.layerwise import figures as deep_units
from kinv.ops.whitening import ZcaWhitening
from recipes import unit_numbers, unit_paths
from recipes.deep_training import seeded
from recipes.material import load_digits
from recipes.provenance import as_json

EXAMPLES = 4  # units whose solutions from all starts are shown


def run_on(config: Any, name: str, expected: Sequence[str]) -> dict[str, Any]:
    """Analyses every network, prints what the paper saw beside what comes out, and writes figures and numbers.

    Args:
        config: the recipe's.
        name: of the folder that is written.
        expected: what the paper's figures show, in a sentence each.

    Returns:
        The numbers, by network and layer.
    """
    seeded(config)
    networks = {Path(network).name: kinv.load(network) for network in config.networks}
    vectors, side = _vectors(config)
    norm = float(np.linalg.norm(vectors, axis=1).mean())
    whitening = ZcaWhitening(vectors) if config.whitened else None
    drawings: dict[str, Figure] = {}
    numbers: dict[str, Any] = {}
    measured = {}
    for network, stack in networks.items():
        print(f"{network}: maxima ...", flush=True)
        layers = [f"hidden{depth}" for depth in range(1, len(stack.units))]
        maxima = {
            layer: analysis.maximize_activation(
                stack, layer, unit_numbers.spread(width, config.shown), norm, config.restarts, config.seed
            )
            for layer, width in zip(layers, stack.units[1:], strict=True)
        }
        drawings[f"{network}_maxima.png"] = _draw_maxima(maxima, side)
        if isinstance(stack, DeepBeliefNetwork):
            print(f"{network}: samples of units ...", flush=True)
            drawings.update(_draw_samples(network, stack, maxima, side, config))
        print(f"{network}: invariance ...", flush=True)
        measured[network] = analysis.measure_invariance(
            stack, layers, norm, config.measured, tuple(np.linspace(0, 2, config.distances)), whitening, config.seed,
            starts=config.starts,
        )  # fmt: skip
        print(f"{network}: other ways, and known transformations ...", flush=True)
        ways = unit_paths.follow(stack, maxima, whitening, config)
        decomposed = unit_paths.decompose(stack, maxima, ways, side, config)
        drawings.update(unit_paths.draw(network, ways, decomposed))
        compared, known = unit_paths.compare(ways), unit_paths.summarise(decomposed)
        numbers[network] = {
            layer: {
                **unit_numbers.of_layer(found, curve),
                **compared[layer],
                **known[layer],
            }
            for (layer, found), curve in zip(maxima.items(), measured[network], strict=True)
        }
    drawings["invariance.png"] = figures.invariance_curves(measured)
    folder = config.output / name
    folder.mkdir(parents=True, exist_ok=True)
    for file_name, figure in drawings.items():
        figure.savefig(folder / file_name)
    kept = {"config": as_json(config), "norm": norm, "networks": numbers}
    (folder / "numbers.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    unit_numbers.print_table(numbers)
    unit_paths.print_tables(numbers)
    print("\nThe paper:")
    for sentence in expected:
        print(f"- {sentence}")
    print(f"\nNumbers and pictures: {folder}")
    return numbers


def _vectors(config) -> tuple[np.ndarray, tuple[int, int]]:
    """What the networks were trained with, `(N, V)`, and the sides of a picture."""
    if config.data == "patches":
        vectors, _, description = data.natural_patches(config.limit, seed=config.seed)
        print(f"Patches:  {description}", flush=True)
        side = int(np.sqrt(vectors.shape[1]))
        return vectors, (side, side)
    train, _ = load_digits(replace(config, limit=config.limit))
    return data.as_vectors(train.images), train.images.shape[1:3]


def _pictures(vectors: np.ndarray, side: Sequence[int]) -> np.ndarray:
    return deep_units.around_grey(vectors.reshape(*vectors.shape[:-1], *side))


def _draw_maxima(maxima, side) -> Figure:
    """Figures 1 and 2: units of every layer, and solutions from all starts for some of the uppermost."""
    sheets = {f"{layer}: maxima": _pictures(found.best, side) for layer, found in maxima.items()}
    layer, last = list(maxima.items())[-1]
    sheets[f"{layer}: {EXAMPLES} units, all starts"] = _pictures(last.inputs[:EXAMPLES], side)
    return deep_units.sheets(sheets)


def _draw_samples(network, stack, maxima, side, config) -> dict[str, Figure]:
    """Figures 3 and 4: samples of second-layer units, and three ways to look at them."""
    layer = "hidden2"
    units = maxima[layer].units
    drawn = analysis.sample_unit(stack, 2, units, config.samples, config.gibbs_steps, config.seed)
    some = drawn.means[: config.sampled, :20]
    ways = {
        "samples' mean": _pictures(drawn.expectation - drawn.expectation.mean(axis=0), side)
        if stack.visible == "gaussian"
        else 255 * drawn.expectation.reshape(-1, *side),
        "linear combination": _pictures(analysis.combine_filters(stack, layer, units), side),
        "activation maximisation": _pictures(maxima[layer].best, side),
    }
    shown = _pictures(some, side) if stack.visible == "gaussian" else 255 * some.reshape(*some.shape[:2], *side)
    return {
        f"{network}_samples.png": deep_units.sheets({"samples of second-layer units, one in each row": shown}),
        f"{network}_comparison.png": deep_units.sheets(ways),
    }
