"""A picture of the data that Boltzmann machines and autoencoders are trained with.

    python -m recipes.data_sets                     # seconds; writes artifacts/data_sets.png

Deformed digits, rotated digits, silhouettes, and whitened patches of natural images: 64 of each.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from recipes.command_line import main


@dataclass(frozen=True)
class Config:
    """What is shown."""

    preset: Literal["smoke", "default", "paper"] = "default"
    output: Path = Path("artifacts")
    shown: int = 64
    seed: int = 0
    download: bool = False  # lets MNIST be fetched


PRESETS = {"default": Config(), "smoke": Config(shown=9), "paper": Config()}


def run(config: Config) -> Path:
    """Draws the picture; returns where it is."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    import numpy as np

    from kinv import data
    from kinv.models.layerwise import figures as deep_units

    deformed, _ = next(iter(data.deformed_mnist(config.shown, seed=config.seed, download=config.download)))
    sheets = {"deformed_mnist": 255 * deformed.numpy().reshape(-1, 28, 28)}
    for name in ("rotated_mnist", "silhouettes"):
        source = data.find(name, "train", download=config.download)
        print(f"{name}: {source.description}")
        sheets[name] = source.evenly(config.shown).load()[0][..., 0]
    patches, _, description = data.natural_patches(config.shown, seed=config.seed)
    print(f"natural_patches: {description}")
    sheets["natural_patches"] = (127.5 + 127.5 * patches / 4).clip(0, 255).reshape(-1, 12, 12)
    config.output.mkdir(parents=True, exist_ok=True)
    path = config.output / "data_sets.png"
    deep_units.sheets({name: np.asarray(stack) for name, stack in sheets.items()}).savefig(path)
    print(f"Picture: {path}")
    return path


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
