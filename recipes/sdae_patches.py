"""Denoising autoencoders on whitened patches of natural images (Erhan, Courville and Bengio 2010, section 4.4).

    python -m recipes.sdae_patches                   # default: 9 minutes on two cores
    python -m recipes.sdae_patches --preset smoke    # seconds: does it run?

Squared error and salt-and-pepper noise, as in the paper. What comes out in the first layer is measured: the share of
filters that are localised oriented edges, of which a Gabor function explains more than 60 %. Stopped and started again,
it goes on where it was.
"""

from dataclasses import dataclass
from typing import Any

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.families.patches import PatchConfig, run_on


@dataclass(frozen=True)
class Config(PatchConfig):
    """By trial: with less corruption of the first layer its filters are noise."""

    epochs: int = 20
    learning_rate: float = 0.02
    momentum: float = 0.9
    units: tuple[int, ...] = (200, 200, 200)
    corruption: str = "salt_and_pepper"
    rates: tuple[float, ...] = (0.5, 0.2, 0.2)
    salt: float = 2.0  # salt and pepper are this much above and below 0, in standard deviations of the pixels


PRESETS = presets(
    default=Config(),
    smoke=Config(limit=500, units=(20, 10), rates=(0.3, 0.2), epochs=1, batch_size=50),
    paper=Config(epochs=60),
)


@recipe(PRESETS, card="layerwise")
def run(config: Config, experiment: Experiment) -> dict[str, float]:
    """Trains, measures and keeps; returns the metrics."""

    def make(width: int) -> Any:
        return kinv.models.StackedDenoisingAutoencoder(
            (width, *config.units),
            loss="mse",
            corruption=config.corruption,
            rates=config.rates,
            salt=(config.salt, -config.salt),
            seed=config.seed,
        )

    return run_on(make, "sdae", experiment)


if __name__ == "__main__":
    main(run, __doc__)
