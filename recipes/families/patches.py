"""Stacks on natural patches: training without labels, and Gabor fits of what comes out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import kinv
from recipes.experiment.experiment import Experiment
from recipes.experiment.material import LICENSES
from recipes.experiment.naming import USUAL
from recipes.families.layerwise import SHOWN, GreedyConfig, learn_greedily

EXPLAINED = 0.6  # of a filter's squared weights, from which on it counts as a Gabor filter


@dataclass(frozen=True)
class PatchConfig(GreedyConfig):
    """Greedy training on natural patches. The paper chose by reconstruction error and names no values."""

    data: str = "auto"  # see kinv.data.natural_patches
    limit: int = 100_000  # patches, the paper's
    size: int = 12  # pixels, the paper's
    units: tuple[int, ...] = (400, 400, 400)


def run_on(make: Callable[[int], Any], kind: str, experiment: Experiment) -> dict[str, float]:
    """Trains a stack on patches, measures it and keeps it as the artifact `kind_patches`; returns the metrics.

    Args:
        make: the stack with random weights, for vectors of a length.
        kind: `dbn` or `sdae`.
        experiment: the recipe's.
    """
    import keras

    config = experiment.config
    settings = {"size": config.size, "source": config.data, "seed": config.seed}
    patches, source, description = kinv.data.natural_patches(config.limit, **settings)
    held_out = kinv.data.natural_patches(max(1, config.limit // 10), held_out=True, **settings).vectors
    print(f"Patches:  {description}", flush=True)
    experiment.about(kind, "patches", "" if source in USUAL else source)
    stack = make(patches.shape[1])
    learn_greedily(stack, patches, np.zeros(len(patches), "int32"), experiment, description, None)

    kernel = keras.ops.convert_to_numpy(stack.blocks[0].kernel)
    fits = kinv.analysis.fit_gabors(kernel.T.reshape(-1, config.size, config.size))
    again = np.asarray(stack.reconstruct(held_out, 1))
    metrics = {
        "explained_by_gabor": float(np.median(fits.explained)),
        "edge_share": float(np.mean(fits.edges(config.size, EXPLAINED))),
        "unexplained_variance": float(np.square(held_out - again).mean() / held_out.var()),
    }
    data = {"train": description, "license": LICENSES.get(source, "see the data set's page")}
    figures = patch_figures(experiment.name, kernel[:, np.argsort(-fits.explained)], held_out, again, config.size)
    known = {"kind": kind, "holds": "stack", "threshold": EXPLAINED, "data": data}
    experiment.keep_artifact(stack, metrics, figures, known=known, half=True, saved_model=False)
    print(
        f"Localised oriented edges: {metrics['edge_share']:.0%} of the filters. A Gabor function explains "
        f"{metrics['explained_by_gabor']:.0%} of the median filter. Unexplained variance of held-out patches after one "
        f"layer: {metrics['unexplained_variance']:.0%}"
    )
    return metrics


def patch_figures(name: str, kernel: Any, patches: Any, again: Any, size: int) -> dict[str, Any]:
    """First-layer filters, the best explained first, and held-out patches beside their reconstructions."""
    from kinv.models.layerwise import figures as deep_units

    def grey(vectors):  # four standard deviations either way
        return (127.5 + 127.5 * vectors[:SHOWN] / 4).clip(0, 255).reshape(-1, size, size)

    title = f"{name}: weights of 100 units of the first layer, the most Gabor-like first"
    return {
        "filters.png": deep_units.filters(kernel, (size, size), title=title),
        "reconstructions.png": deep_units.sheets(
            {"held-out patches": grey(patches), "from the first layer": grey(again)}, f"{name}: reconstructions"
        ),
    }
