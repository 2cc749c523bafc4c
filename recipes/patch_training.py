"""What the recipes on natural patches share: training without labels, and Gabor fits of what comes out."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

import kinv
from kinv import analysis, data
from kinv.figures import deep_units
from kinv.hub.checkpoint import Checkpoint
from recipes.deep_training import AT_A_TIME, GREEDY_COLUMNS, seeded
from recipes.provenance import as_json, hardware
from recipes.training import fit

CARD = Path(__file__).parents[1] / "hub_cards" / "patches.md"
HELD_OUT = 0.1  # of the patches
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
    patches, description = data.natural_patches(config.patches, config.size, seed=config.seed, source=config.data)
    print(f"Patches:  {description}", flush=True)
    name = f"{kind}_patches" + ("" if config.preset == "default" else f"_{config.preset}")
    held_out, patches = np.split(patches, [round(HELD_OUT * len(patches))])
    stack = make(patches.shape[1])
    stack.compile(keras.optimizers.SGD(config.learning_rate, config.momentum), steps_per_execution=AT_A_TIME)
    checkpoint = Checkpoint(config.checkpoints / name, run={**as_json(config), "patches": description})
    steps = max(1, len(patches) // config.batch_size)
    labels = np.zeros(len(patches), "int32")
    fit(stack, patches, labels, config, checkpoint, GREEDY_COLUMNS, steps_per_epoch=steps)

    kernel = keras.ops.convert_to_numpy(stack.blocks[0].kernel)
    fits = analysis.fit_gabors(kernel.T.reshape(-1, config.size, config.size))
    again = np.asarray(stack.reconstruct(held_out, 1))
    metrics = {
        "explained_by_gabor": float(np.median(fits.explained)),
        "gabor_share": float(np.mean(fits.explained > EXPLAINED)),
        "unexplained_variance": float(np.square(held_out - again).mean() / held_out.var()),
    }
    order = np.argsort(-fits.explained)
    title = f"weights of first-layer units; a Gabor function explains most: {metrics['gabor_share']:.0%}"
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
    text = CARD.read_text(encoding="utf-8")
    folder = kinv.save(stack, config.output / name, metadata, writers, text, half=True, saved_model=False)
    checkpoint.forget()
    print(
        f"\nA Gabor function explains more than {EXPLAINED:.0%} of {metrics['gabor_share']:.0%} of the filters, and "
        f"{metrics['explained_by_gabor']:.0%} of the median one. Unexplained variance of held-out patches after one "
        f"layer: {metrics['unexplained_variance']:.0%}\nArtifact: {folder}\nPictures: {folder / 'figures'}"
    )
    return metrics


def _grey(patches, side):
    return (127.5 + 127.5 * patches / 4).clip(0, 255).reshape(-1, *side)  # four deviations either way
