"""What the recipes on natural patches share: training without labels, and Gabor fits of what comes out."""

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

import kinv
from kinv import analysis, data
from kinv.models.layerwise import figures as deep_units
from kinv.training.checkpoint import Checkpoint
from recipes import cards
from recipes.deep_training import GREEDY_COLUMNS, layer_optimizers, seeded
from recipes.provenance import as_json, hardware
from recipes.training import fit, steps_at_a_time

USUAL, FULL = ("imagenet_samples", "olshausen"), 100_000  # sources and patches of the artifacts without a suffix
EXPLAINED = 0.6  # of a filter's squared weights, from which on it counts as a Gabor filter
TITLES = {"sdae": "A stack of denoising autoencoders", "dbn": "A deep belief net with Gaussian visible units"}


def run_on(make: Callable[[int], Any], config: Any, kind: str) -> dict[str, float]:
    """Trains a stack on patches, measures it and keeps it as the artifact `kind_patches`; returns the metrics.

    Args:
        make: the stack with random weights, for vectors of a length.
        config: the recipe's.
        kind: `dbn` or `sdae`.
    """
    started = seeded(config)
    settings = {"size": config.size, "source": config.source}
    patches, source, description = data.natural_patches(config.patches, seed=config.seed, **settings)
    held_out = data.natural_patches(max(1, config.patches // 10), seed=config.seed, held_out=True, **settings).vectors
    print(f"Patches:  {description}", flush=True)
    name = f"{kind}_patches{_suffix(config, source, len(patches))}"
    stack = make(patches.shape[1])
    steps = max(1, len(patches) // config.batch_size)
    stack.compile(layer_optimizers(config, steps), steps_per_execution=steps_at_a_time(steps))
    checkpoint = Checkpoint(config.checkpoints / name, run={**as_json(config), "patches": description})
    labels = np.zeros(len(patches), "int32")
    fit(stack, patches, labels, config, checkpoint, GREEDY_COLUMNS, steps_per_epoch=steps)

    kernel = keras.ops.convert_to_numpy(stack.blocks[0].kernel)
    fits = analysis.fit_gabors(kernel.T.reshape(-1, config.size, config.size))
    again = np.asarray(stack.reconstruct(held_out, 1))
    metrics = {
        "explained_by_gabor": float(np.median(fits.explained)),
        "edge_share": float(np.mean(fits.edges(config.size, EXPLAINED))),
        "unexplained_variance": float(np.square(held_out - again).mean() / held_out.var()),
    }
    order = np.argsort(-fits.explained)
    title = f"weights of first-layer units; localised oriented edges: {metrics['edge_share']:.0%}"
    side = (config.size, config.size)
    figures = {
        "filters.png": deep_units.filters(kernel[:, order], side, title=title),
        "reconstructions.png": deep_units.sheets(
            {"patches": _grey(held_out[:36], side), "from the first layer": _grey(again[:36], side)}
        ),
    }
    metadata = {
        "name": name,
        "recipe": f"recipes.{kind}_patches",
        "title": TITLES[kind],
        "config": as_json(config),
        "seed": config.seed,
        "metrics": metrics,
        "threshold": EXPLAINED,
        "data": {"train": description, "license": "see the data set's page"},
        "minutes": round((time.monotonic() - started) / 60, 1),
        "hardware": hardware(),
    }
    writers = {file_name: figure.savefig for file_name, figure in figures.items()}
    card = cards.template(f"recipes.{kind}_patches")
    folder = kinv.save(stack, config.output / name, metadata, writers, card, half=True, saved_model=False)
    checkpoint.forget()
    print(
        f"\nLocalised oriented edges: {metrics['edge_share']:.0%} of the filters. A Gabor function explains "
        f"{metrics['explained_by_gabor']:.0%} of the median filter. Unexplained variance of held-out patches after one "
        f"layer: {metrics['unexplained_variance']:.0%}\nArtifact: {folder}\nPictures: {folder / 'figures'}"
    )
    return metrics


def _suffix(config, source, count):
    """What tells an artifact apart that is not of the default preset, or not of all patches or of other images."""
    parts = ["" if config.preset == "default" else config.preset]
    if config.preset != "smoke":
        parts += ["" if source in USUAL else source, "" if count == FULL else str(count)]
    return "".join(f"_{part}" for part in parts if part)


def _grey(patches, side):
    return (127.5 + 127.5 * patches / 4).clip(0, 255).reshape(-1, *side)  # four deviations either way
