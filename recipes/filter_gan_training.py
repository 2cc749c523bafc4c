"""What the Filter GAN's recipes share: the model, its training, and what is kept of it."""

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import kinv
from kinv import analysis, models
from kinv.hub.checkpoint import Checkpoint
from kinv.models.filter_gan import NETWORKS
from recipes import filter_gan_report
from recipes.material import Labelled, sources
from recipes.provenance import as_json, describe, hardware
from recipes.training import fit

COLUMNS = {
    "discriminator_loss": "D",
    "generator_loss": "G",
    "discriminator_accuracy": "D right",
    "explained_variance": "explained",
    "diversity": "diversity",
}
CARD = Path(__file__).parents[1] / "hub_cards" / "filter_gan.md"
LAST_RATE = 0.05  # of the first
MATCHING_STEPS = 60


def run_on(
    classifier: keras.Model, train: Labelled, test: Labelled, config: Any, name: str, recipe: str
) -> dict[str, float]:
    """Trains a Filter GAN, measures it as in section 5.2 and keeps it as an artifact; returns the metrics."""
    started = time.monotonic()
    checkpoint = start(config, name, classifier, train)
    gan = trained(classifier, train, config, checkpoint)
    print("Measuring the filters, with the layers above retrained ...", flush=True)
    quality = analysis.filter_quality(
        gan,
        train.images,
        train.labels,
        test.images,
        test.labels,
        draws=config.draws,
        singles=config.singles,
        epochs=config.retrain_epochs,
        seed=config.seed + 1,
    )
    print(f"Matching the activations of {config.matched} pictures ...", flush=True)
    findings = match(gan, classifier, test.images, config)
    metrics = {**quality.metrics(), **findings}
    metadata: dict[str, Any] = {
        "name": name,
        "recipe": recipe,
        "config": as_json(config),
        "seed": config.seed,
        "metrics": metrics,
        "data": sources(train, test),
        "classifier": describe(classifier),
        "minutes": round((time.monotonic() - started) / 60, 1),
        "hardware": hardware(),
    }
    filter_gan_report.print_table(metadata)
    drawings = filter_gan_report.draw(gan, test, config)
    writers = {file_name: figure.savefig for file_name, figure in drawings.items()}
    card, pooled = CARD.read_text(encoding="utf-8"), {"classify": quality.averaged_network}
    folder = kinv.save(gan, config.output / name, metadata, writers, card, pooled)
    checkpoint.forget()
    print(f"\nArtifact: {folder}\nPictures: {folder / 'figures'}")
    return metrics


def start(config: Any, name: str, classifier: keras.Model, train: Labelled) -> Checkpoint:
    """Sets the seeds; returns the checkpoint of this run and no other."""
    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()
    run = {**as_json(config), "pictures": train.source.description, "classifier": describe(classifier)}
    return Checkpoint(config.checkpoints / name, run=run)


def trained(classifier: keras.Model, train: Labelled, config: Any, checkpoint: Checkpoint) -> models.FilterGAN:
    """A Filter GAN with the configuration's settings, trained."""
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
    fit(gan, train.images, train.labels, config, checkpoint, COLUMNS, callbacks=[models.CollapseNotice()])
    return gan


def match(gan: models.FilterGAN, classifier: keras.Model, images: Any, config: Any) -> dict[str, float]:
    """The numbers of grids over many pictures, and by how much the paper's own objective falls over a few of them."""
    shown = images[: config.matched]
    settings = {"extent": config.extent, "steps": MATCHING_STEPS, "seed": config.seed + 2}
    matches = analysis.match_activations(
        gan, shown, cells=5, compare_at=config.compare_at, smoothing=config.smoothing, **settings
    )
    of_paper = analysis.match_activations(gan, shown[:20], cells=3, **settings)
    return {
        **{f"grid_{name}": value for name, value in analysis.summarise_matches(matches, shown, classifier).items()},
        "grid_fall_at_output": float(np.nanmedian(of_paper.fall)),
    }
