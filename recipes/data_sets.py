"""An image of the data that Boltzmann machines and autoencoders are trained with.

    python -m recipes.data_sets                     # seconds

Deformed digits, rotated digits, silhouettes, and whitened patches of natural images: 64 of each.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Config as BaseConfig
from recipes.experiment.experiment import Experiment, presets, recipe


@dataclass(frozen=True)
class Config(BaseConfig):
    """What is shown."""

    output: Path = Path("runs")
    limit: int = 64  # of each


PRESETS = presets(default=Config(), smoke=Config(limit=9), paper=Config())


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> dict[str, str]:
    """Draws the figure; returns what is in it."""
    from kinv.models.layerwise import figures as deep_units

    deformed, _ = next(iter(kinv.data.deformed_mnist(config.limit, seed=config.seed, download=config.download)))
    sheets = {"deformed_mnist": 255 * deformed.numpy().reshape(-1, 28, 28)}
    shown = {}
    for name in ("rotated_mnist", "silhouettes"):
        source = kinv.data.find(name, "train", download=config.download)
        shown[name] = source.description
        sheets[name] = np.asarray(source.evenly(config.limit).load()[0][..., 0])
    patches, _, shown["natural_patches"] = kinv.data.natural_patches(config.limit, seed=config.seed)
    sheets["natural_patches"] = (127.5 + 127.5 * patches / 4).clip(0, 255).reshape(-1, 12, 12)
    for name, description in shown.items():
        print(f"{name}: {description}")
    experiment.keep_results(
        shown, {"data_sets.png": deep_units.sheets(sheets, "Data sets that networks of units learn from")}
    )
    return shown


if __name__ == "__main__":
    main(run, __doc__)
