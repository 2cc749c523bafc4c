"""Filter GAN on MNIST: the filters of a layer of the digit classifier as a latent space (sections 3 and 5.2).

    python -m recipes.filter_gan_mnist                   # default: layer conv4, 16 minutes and 1.5 GB on two busy cores
    python -m recipes.filter_gan_mnist --layer conv2
    python -m recipes.filter_gan_mnist --preset smoke    # seconds: does it run?

Trains the GAN, measures its filters as the paper does in section 5.2, with the control that it does not have, and keeps
them as an artifact. Stopped and started again, it goes on where it was.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from recipes.command_line import main
from recipes.provenance import as_json, hardware

COLUMNS = {
    "discriminator_loss": "D",
    "generator_loss": "G",
    "discriminator_accuracy": "D right",
    "explained_variance": "explained",
    "diversity": "diversity",
}
CARD = Path(__file__).parents[1] / "hub_cards" / "filter_gan.md"
LAST_RATE = 0.05  # of the first


@dataclass(frozen=True)
class Config:
    """The paper gives no values but RMSprop; these were chosen by trial."""

    preset: Literal["smoke", "default", "paper"] = "default"
    layer: str = "conv4"  # paper: the 4th and the 2nd convolution
    data: str = "mnist"
    download: bool = False  # lets MNIST be fetched
    limit: int | None = None  # digits to train with, and to test with
    output: Path = Path("artifacts")  # the artifact's folder is made in here
    checkpoints: Path = Path("runs")
    seed: int = 0

    epochs: int = 20
    steps_per_epoch: int = 500
    batch_size: int = 128  # half of it passes the real filters, half generated ones
    learning_rate: float = 3e-4  # RMSprop, with a cosine to a twentieth
    latent_dim: int = 16
    information_weight: float = 0.3  # lambda
    noise: float = 1.0  # see FilterGAN; 0 is the paper's
    hidden_units: tuple[int, ...] = (32,)
    width: int = 32
    draws: int = 10  # paper, section 5.2
    singles: int = 100  # sets of filters that are measured alone
    retrain_epochs: int = 2  # of the layers above, section 5.2


PRESETS = {
    "default": Config(),
    "smoke": Config(epochs=2, steps_per_epoch=2, batch_size=8, limit=64, singles=2, retrain_epochs=1),
    "paper": Config(),
}


def run(config: Config) -> dict[str, float]:
    """Trains, measures and keeps; returns the metrics."""
    import kinv.backend  # starts TensorFlow quietly, before anything else imports it

    # isort: split
    import keras
    import numpy as np
    import tensorflow as tf

    import kinv
    from kinv import analysis, classifiers, data, models
    from kinv.hub.checkpoint import Checkpoint
    from kinv.layers.generated_convolution import convolution_kernel
    from kinv.models.filter_gan import NETWORKS
    from recipes import filter_gan_report
    from recipes.progress import Progress

    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()
    started = time.monotonic()

    classifier = classifiers.load("digit_cnn")
    train, test = (data.find(config.data, split, download=config.download) for split in ("train", "test"))
    (images, labels), (test_images, test_labels) = train.load(limit=config.limit), test.load(limit=config.limit)
    if labels is None or test_labels is None:
        raise ValueError(f"{config.data} has no labels")
    print(f"Digits:   {train.description}; to test: {test.description}", flush=True)

    gan = models.FilterGAN(
        classifier,
        config.layer,
        latent_dim=config.latent_dim,
        information_weight=config.information_weight,
        noise=config.noise,
        hidden_units=config.hidden_units,
        width=config.width,
        seed=config.seed,
    )
    schedule = keras.optimizers.schedules.CosineDecay(
        config.learning_rate, config.epochs * config.steps_per_epoch, LAST_RATE
    )
    gan.compile({network: keras.optimizers.RMSprop(schedule) for network in NETWORKS})
    name = f"filter_gan_mnist_{config.layer}" + ("" if config.preset == "default" else f"_{config.preset}")
    checkpoint = Checkpoint(config.checkpoints / name, run={**as_json(config), "digits": train.description})
    first = checkpoint.restore(gan)
    if first:
        print(f"Going on after epoch {first} of {config.epochs} ({checkpoint.folder})")
    gan.fit(
        data.shuffled_batches(
            images, labels, config.batch_size, config.seed, first_step=first * config.steps_per_epoch
        ),
        epochs=config.epochs,
        steps_per_epoch=config.steps_per_epoch,
        initial_epoch=first,
        callbacks=[checkpoint, Progress(COLUMNS), models.CollapseNotice()],
        shuffle=False,
        verbose=0,
    )
    print("Measuring the filters, with the layers above retrained ...", flush=True)
    quality = analysis.filter_quality(
        gan,
        images,
        labels,
        test_images,
        test_labels,
        draws=config.draws,
        singles=config.singles,
        epochs=config.retrain_epochs,
        seed=config.seed + 1,
    )
    metadata: dict[str, Any] = {
        "name": name,
        "recipe": "recipes.filter_gan_mnist",
        "config": as_json(config),
        "seed": config.seed,
        "metrics": quality.metrics(),
        "data": {"train": train.description, "test": test.description, "license": train.license},
        "minutes": round((time.monotonic() - started) / 60, 1),
        "hardware": hardware(),
    }
    filter_gan_report.print_table(quality, metadata)
    kernel = np.asarray(convolution_kernel(classifier.get_layer(config.layer)))
    drawings = filter_gan_report.draw(gan, kernel, config.seed + 2)
    writers = {file_name: figure.savefig for file_name, figure in drawings.items()}
    folder = kinv.save(gan, config.output / name, metadata, writers, card=CARD.read_text(encoding="utf-8"))
    checkpoint.forget()
    print(f"\nArtifact: {folder}\nPictures: {folder / 'figures'}")
    return quality.metrics()


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
