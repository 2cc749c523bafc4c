"""A denoising autoencoder of photographs, whose decoder the coupled generator starts from (Despraz et al. 2017, 4.2).

    python -m recipes.dae_photos                      # default: 73 minutes of one busy core
    python -m recipes.dae_photos --data my/photos
    python -m recipes.dae_photos --preset smoke       # seconds: does it run?
    python -m recipes.dae_photos --preset paper       # the paper's scale: 224 x 224, 400 epochs, a GPU

The paper's photographs are ImageNet's dogs; `pets/dog` stands for them. Stopped and started again, it goes on where it
was.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Config as BaseConfig
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.experiment.material import TenCrops, find_halves, sources
from recipes.experiment.naming import data_words

COLUMNS = {"loss": "error", "val_loss": "held out"}
SHOWN = 8


@dataclass(frozen=True)
class Config(BaseConfig):
    """The notebooks' batch size and number of epochs are 24 and 400, their optimiser is Adadelta."""

    data: str = "pets/dog"
    size: int = 96
    width: float = 0.25
    noise: float = 25.0  # of 255; the paper gives none
    epochs: int = 40  # each sees every photograph ten times: corners, middle, and their mirror images
    batch_size: int = 24
    learning_rate: float = 1e-3  # Adam, with a cosine to zero


PRESETS = presets(
    default=Config(),
    smoke=Config(limit=8, size=32, width=0.05, epochs=2, batch_size=4),
    paper=Config(size=224, width=1.0, epochs=400),
)


@recipe(PRESETS, card="denoising_autoencoder")
def run(config: Config, experiment: Experiment) -> dict[str, float]:
    """Trains, measures and keeps; returns the metrics."""
    import keras

    train, test = photographs(config.data, config.download)
    larger = config.size * 8 // 7
    whole, held_out = (source.load(size, config.limit)[0] for source, size in ((train, larger), (test, config.size)))
    images = TenCrops(whole, config.size)
    experiment.about("dae_photos", "" if train.name == Config.data else data_words(train))
    autoencoder = kinv.models.DenoisingAutoencoder(
        config.size, images.shape[-1], width=config.width, noise=config.noise, seed=config.seed
    )
    steps = max(1, len(images) // config.batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(config.learning_rate, config.epochs * steps)
    autoencoder.compile(keras.optimizers.Adam(schedule))
    experiment.fit(
        autoencoder, images, np.zeros(len(images), "int32"), COLUMNS, steps_per_epoch=steps,
        validation_data=(held_out, np.zeros(len(held_out), "int32")), validation_batch_size=config.batch_size,
        run={"images": train.description},
    )  # fmt: skip

    autoencoder.set_weights([weights.astype("float16") for weights in autoencoder.get_weights()])  # as it is kept
    again = np.concatenate(
        [np.asarray(autoencoder.reconstruct(held_out[at : at + 50])) for at in range(0, len(held_out), 50)]
    )
    error, variance = (np.square(held_out - other).mean() for other in (again, held_out.mean(axis=0)))
    metrics = {"explained": float(1 - error / variance), "error": float(np.sqrt(error))}
    experiment.keep_artifact(
        autoencoder, metrics, {"reconstructions.png": reconstructions(autoencoder)},
        known={"data": sources(train, test=test)}, half=True, saved_model=False,
    )  # fmt: skip
    print(f"Of the variance of held-out photographs {metrics['explained']:.1%} is explained.")
    return metrics


def reconstructions(autoencoder: Any) -> Any:
    """Photographs of known licences, which come with packages, and their reconstructions."""
    from kinv.figures.images import labelled_rows

    shown, _ = find_halves("photos", False)[1].load(autoencoder.size, None)
    shown = shown[np.linspace(0, len(shown) - 1, SHOWN).astype(int)]
    rows = {"held-out photographs": shown, "reconstructions": np.asarray(autoencoder.reconstruct(shown))}
    title = "A denoising autoencoder: photographs that it was not trained with, and what it makes of them"
    return labelled_rows(rows, [f"photograph {number + 1}" for number in range(SHOWN)], 1.2, title)


def photographs(name: str, download: bool) -> tuple[Any, Any]:
    """Halves of the folder that was asked for, else of the photographs that come with packages, with a clear line."""
    try:
        return find_halves(name, download)
    except FileNotFoundError as error:
        if name != Config.data:
            raise
        print(f"{error} Using photos that come with packages instead.", flush=True)
        return find_halves("photos", download)


if __name__ == "__main__":
    main(run, __doc__)
