"""A denoising autoencoder of photographs, whose decoder the coupled generator starts from (Despraz et al. 2017, 4.2).

    python -m recipes.dae_photos                      # default: 73 minutes of one busy core
    python -m recipes.dae_photos --data my/photos
    python -m recipes.dae_photos --preset smoke       # seconds: does it run?
    python -m recipes.dae_photos --preset paper       # the paper's scale: 224 x 224, 400 epochs, a GPU

The paper's photographs are ImageNet's dogs; `pets/dog` stands for them. Stopped and started again, it goes on where it
was.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from recipes.command_line import main

COLUMNS = {"loss": "error", "val_loss": "held out"}
CARD = "dae_photos"
SHOWN = 10


@dataclass(frozen=True)
class Config:
    """The notebooks' batch size and number of epochs are 24 and 400, their optimiser is Adadelta."""

    preset: Literal["smoke", "default", "paper"] = "default"
    data: str = "pets/dog"
    download: bool = False
    limit: int | None = None  # photographs to train with, and to hold out
    output: Path = Path("artifacts")  # the artifact's folder is made in here
    checkpoints: Path = Path("runs")
    seed: int = 0

    size: int = 96
    width: float = 0.25
    noise: float = 25.0  # of 255; the paper gives none
    epochs: int = 40  # each sees every photograph ten times: corners, middle, and their mirror images
    batch_size: int = 24
    learning_rate: float = 1e-3  # Adam, with a cosine to zero


PRESETS = {
    "default": Config(),
    "smoke": Config(preset="smoke", limit=8, size=32, width=0.05, epochs=2, batch_size=4),
    "paper": Config(preset="paper", size=224, width=1.0, epochs=400),
}


def run(config: Config) -> dict[str, float]:
    """Trains, measures and keeps; returns the metrics."""
    import kinv.backend

    # isort: split
    import time

    import keras
    import numpy as np

    import kinv
    from kinv import models
    from kinv.figures import pictures as figures
    from kinv.training.checkpoint import Checkpoint
    from recipes import cards
    from recipes.crops import TenCrops
    from recipes.deep_training import seeded
    from recipes.provenance import as_json, hardware
    from recipes.training import cosine, fit

    started = seeded(config)
    train, test = _photographs(config)
    larger = config.size * 8 // 7
    whole, held_out = (source.load(size, config.limit)[0] for source, size in ((train, larger), (test, config.size)))
    pictures = TenCrops(whole, config.size)
    print(f"Pictures: {train.description}; held out: {test.description}", flush=True)
    name = _artifact_name(config, train.name)
    autoencoder = models.DenoisingAutoencoder(
        config.size, pictures.shape[-1], width=config.width, noise=config.noise, seed=config.seed
    )
    steps = max(1, len(pictures) // config.batch_size)
    autoencoder.compile(keras.optimizers.Adam(cosine(config, steps_per_epoch=steps)))
    checkpoint = Checkpoint(config.checkpoints / name, run={**as_json(config), "pictures": train.description})
    nothing = np.zeros(len(pictures), "int32")
    fit(
        autoencoder, pictures, nothing, config, checkpoint, COLUMNS, steps_per_epoch=steps,
        validation_data=(held_out, np.zeros(len(held_out), "int32")), validation_batch_size=config.batch_size,
    )  # fmt: skip
    autoencoder.set_weights([weights.astype("float16") for weights in autoencoder.get_weights()])  # as it is kept
    again = np.concatenate(
        [np.asarray(autoencoder.reconstruct(held_out[at : at + 50])) for at in range(0, len(held_out), 50)]
    )
    error, spread = (np.square(held_out - other).mean() for other in (again, held_out.mean(axis=0)))
    metrics = {"explained": float(1 - error / spread), "error": float(np.sqrt(error))}
    metadata: dict[str, Any] = {
        "name": name,
        "recipe": "recipes.dae_photos",
        "config": as_json(config),
        "seed": config.seed,
        "metrics": metrics,
        "data": {"train": train.description, "test": test.description, "license": train.license},
        "minutes": round((time.monotonic() - started) / 60, 1),
        "hardware": hardware(),
    }
    shown = {"photographs": held_out[:SHOWN], "reconstructions": again[:SHOWN]}
    folder = kinv.save(
        autoencoder, config.output / name, metadata, {"reconstructions.png": figures.labelled_rows(shown).savefig},
        cards.template("recipes.dae_photos"), half=True, saved_model=False,
    )  # fmt: skip
    checkpoint.forget()
    print(f"\nOf the variance of held-out photographs {metrics['explained']:.1%} is explained.")
    print(f"Artifact: {folder}\nPictures: {folder / 'figures'}")
    return metrics


def _artifact_name(config, data_name) -> str:
    """`dae_photos` for the default, with suffixes for other pictures, another preset, and what differs from it."""
    plain = PRESETS[config.preset]
    parts = ["dae_photos", *([] if data_name == Config.data else [Path(data_name).name])]
    parts += [] if config.preset == "default" else [config.preset]
    for name in ("limit", "size", "width", "noise", "epochs", "seed"):
        if getattr(config, name) != getattr(plain, name):
            parts.append(f"{name}{getattr(config, name)}")
    return "_".join(parts)


def _photographs(config) -> tuple[Any, Any]:
    """Halves of the folder that was asked for, else of the photographs that come with packages, with a clear line."""
    from kinv import data

    def halves(name):
        train, test = (data.find(name, split, download=config.download) for split in ("train", "test"))
        return train, test

    try:
        return halves(config.data)
    except FileNotFoundError as error:
        if config.data != Config.data:
            raise
        print(f"{error} Using photos that come with packages instead.", flush=True)
        return halves("photos")


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
