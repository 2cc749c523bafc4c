"""Units of trained stacks: maxima, samples, combinations and invariance, as figures and numbers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import kinv
from kinv.analysis.units import figures
from kinv.models import DeepBeliefNetwork
from kinv.models.layerwise import figures as deep_units
from recipes.experiment.experiment import Experiment
from recipes.experiment.material import evenly, load_digits
from recipes.families import unit_tables as tables

EXAMPLES = 4  # units whose solutions from all starts are shown


def analyse(experiment: Experiment, expected: Sequence[str]) -> dict[str, Any]:
    """Analyses every network, prints what the paper saw beside what comes out, and writes figures and numbers.

    Args:
        experiment: the recipe's, with a `UnitConfig`.
        expected: what the paper's figures show, in a sentence each.

    Returns:
        The numbers, by network and layer.
    """
    from kinv.ops.whitening import ZcaWhitening

    config = experiment.config
    networks = {Path(network).name: kinv.load(network) for network in config.networks}
    vectors, side = _vectors(config.data, config.download, config.limit, config.seed)
    norm = float(np.linalg.norm(vectors, axis=1).mean())
    whitening = ZcaWhitening(vectors) if config.whitened else None
    drawings: dict[str, Figure] = {}
    numbers, measured = {}, {}
    for network, stack in networks.items():
        print(f"{network}: maxima ...", flush=True)
        layers = [f"hidden{depth}" for depth in range(1, len(stack.units))]
        maxima = {
            layer: kinv.maximize_activation(
                stack, layer, evenly(width, config.shown), norm, config.restarts, config.seed
            )
            for layer, width in zip(layers, stack.units[1:], strict=True)
        }
        drawings[f"{network}_maxima.png"] = _draw_maxima(network, maxima, side)
        if isinstance(stack, DeepBeliefNetwork):
            print(f"{network}: samples of units ...", flush=True)
            drawings.update(_draw_samples(network, stack, maxima, side, config))
        print(f"{network}: invariance ...", flush=True)
        measured[network] = kinv.measure_invariance(
            stack, layers, norm, config.measured, tuple(np.linspace(0, 2, config.distances)), whitening, config.seed,
            starts=config.starts,
        )  # fmt: skip
        print(f"{network}: other ways, and known transformations ...", flush=True)
        ways = tables.follow(stack, maxima, whitening, config.distances, config.paths, config.seed)
        decomposed = tables.decompose(stack, maxima, ways, side, config.transformations, config.seed)
        drawings.update(tables.draw(network, ways, decomposed))
        numbers[network] = tables.numbers_of(maxima, measured[network], ways, decomposed)
    drawings["invariance.png"] = figures.invariance_curves(measured, "How activations fall along invariance manifolds")
    experiment.keep_results({"norm": norm, "networks": numbers}, drawings)
    tables.print_table(numbers)
    tables.print_tables(numbers)
    tables.print_expected(expected)
    return numbers


def _vectors(name: str, download: bool, limit: int, seed: int) -> tuple[np.ndarray, tuple[int, int]]:
    """What the networks were trained with, `(N, V)`, and the sides of an image."""
    if name == "patches":
        vectors, _, description = kinv.data.natural_patches(limit, seed=seed)
        print(f"Patches:  {description}", flush=True)
        side = int(np.sqrt(vectors.shape[1]))
        return vectors, (side, side)
    train, _ = load_digits(name, download, limit)
    return kinv.data.as_vectors(train.images), train.images.shape[1:3]


def _images(vectors: np.ndarray, side: Sequence[int]) -> np.ndarray:
    return deep_units.around_grey(vectors.reshape(*vectors.shape[:-1], *side))


def _draw_maxima(network, maxima, side) -> Figure:
    """Figures 1 and 2: units of every layer, and solutions from all starts for some of the uppermost."""
    sheets = {f"{layer}: maxima": _images(found.best, side) for layer, found in maxima.items()}
    layer, last = list(maxima.items())[-1]
    sheets[f"{layer}: {EXAMPLES} units, all starts"] = _images(last.inputs[:EXAMPLES], side)
    return deep_units.sheets(sheets, f"{network}: what units look for")


def _draw_samples(network, stack, maxima, side, config) -> dict[str, Figure]:
    """Figures 3 and 4: samples of second-layer units, and three ways to look at them."""
    layer = "hidden2"
    units = maxima[layer].units
    drawn = kinv.sample_unit(stack, 2, units, config.samples, config.gibbs_steps, config.seed, progress=True)
    some = drawn.means[: config.sampled, :20]
    ways = {
        "samples' mean": _images(drawn.expectation - drawn.expectation.mean(axis=0), side)
        if stack.visible == "gaussian"
        else 255 * drawn.expectation.reshape(-1, *side),
        "linear combination": _images(kinv.combine_filters(stack, layer, units), side),
        "activation maximisation": _images(maxima[layer].best, side),
    }
    shown = _images(some, side) if stack.visible == "gaussian" else 255 * some.reshape(*some.shape[:2], *side)
    return {
        f"{network}_samples.png": deep_units.sheets(
            {f"{network}: samples of units of the second layer, one in each row": shown}
        ),
        f"{network}_comparison.png": deep_units.sheets(
            ways, f"{network}: three ways to look at units of the second layer"
        ),
    }
