"""A deep belief net with Gaussian visible units on whitened patches of natural images.

    python -m recipes.dbn_patches                   # default: 11 minutes on two cores
    python -m recipes.dbn_patches --preset smoke    # seconds: does it run?

Erhan, Courville and Bengio 2010, section 4.4; sparsity as in Lee, Ekanadham and Ng 2008. The share of first-layer
filters that are localised oriented edges is measured as in `recipes.sdae_patches`. Stopped and started again, it goes
on where it was.
"""

from dataclasses import dataclass
from typing import Any

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.families.patches import PatchConfig, run_on


@dataclass(frozen=True)
class Config(PatchConfig):
    """By trial: a sparse first layer has edges for filters; sparse layers above it learn nothing."""

    epochs: int = 20
    learning_rate: float = 0.02
    upper_rate: float | None = 0.2
    momentum: float = 0.5
    sparsity: float = 0.03  # of the first layer
    sparsity_weight: float = 5.0


PRESETS = presets(
    default=Config(),
    smoke=Config(limit=500, units=(20, 10), epochs=1, batch_size=50),
    paper=Config(epochs=100),
)


@recipe(PRESETS, card="layerwise")
def run(config: Config, experiment: Experiment) -> dict[str, float]:
    """Trains, measures and keeps; returns the metrics."""

    def make(width: int) -> Any:
        return kinv.models.DeepBeliefNetwork(
            (width, *config.units),
            visible="gaussian",
            sparsity=(config.sparsity, *[None] * (len(config.units) - 1)),
            sparsity_weight=config.sparsity_weight,
            seed=config.seed,
        )

    return run_on(make, "dbn", experiment)


if __name__ == "__main__":
    main(run, __doc__)
