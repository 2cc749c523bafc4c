"""What the Filter GAN's recipes share: the model, its training, and what is kept of it."""

import time
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import kinv
from kinv import analysis, models
from kinv.artifacts.registry import OWN
from kinv.models.filter_gan import NETWORKS
from kinv.training.checkpoint import Checkpoint
from recipes import cards, filter_gan_report
from recipes.material import Labelled, sources
from recipes.provenance import as_json, describe, hardware
from recipes.training import cosine, fit

COLUMNS = {
    "discriminator_loss": "D",
    "generator_loss": "G",
    "discriminator_accuracy": "D right",
    "explained_variance": "explained",
    "diversity": "diversity",
}
LAST_RATE = 0.05  # of the first


def run_on(
    classifier: keras.Model,
    train: Labelled,
    test: Labelled,
    config: Any,
    name: str,
    recipe: str,
    right: str,
    paper: Mapping[str, str],
) -> dict[str, float]:
    """Trains a Filter GAN, measures it as in section 5.2 and keeps it as an artifact; returns the metrics.

    Args:
        classifier: the network under study.
        train, test: pictures to train with and to measure on.
        config: the recipe's.
        name: of the artifact.
        recipe: the module that makes it.
        right: what counts as a right answer.
        paper: the paper's numbers, to print beside ours.
    """
    started = time.monotonic()
    checkpoint = start(config, name, classifier, train)
    gan = trained(classifier, train, config, checkpoint)
    print("Measuring the filters, with the layers above retrained ...", flush=True)
    quality = measured(gan, train, test, config, config.retrain_epochs)
    print("Matching activations ...", flush=True)
    matches, findings = match(gan, classifier, test.images, config)
    metrics = {**quality.metrics(), **findings}
    metadata: dict[str, Any] = {
        "name": name,
        "recipe": recipe,
        "config": as_json(config),
        "seed": config.seed,
        "metrics": metrics,
        "right": right,
        "matched": len(matches.pictures),
        "trade_off": filter_gan_report.trade_off(config),
        "of_paper": filter_gan_report.of_paper(config),
        "centered": "--centered" if config.centered else "--no-centered",
        "compared_at": config.compare_at or "the convolution's output",
        "data": sources(train, test),
        "classifier": describe(classifier),
        "minutes": round((time.monotonic() - started) / 60, 1),
        "hardware": hardware(),
    }
    filter_gan_report.print_table(metadata, paper)
    drawings = filter_gan_report.draw(gan, matches, config)
    writers = {file_name: figure.savefig for file_name, figure in drawings.items()}
    card = cards.template(recipe)
    # other networks' weights are their authors' to share
    pooled = {"classify": quality.averaged_network} if classifier.name in OWN else None
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
        min_diversity=config.min_diversity,
        centered=config.centered,
        hidden_units=config.hidden_units,
        width=config.width,
        seed=config.seed,
    )
    schedule = cosine(config, LAST_RATE)
    gan.compile({name: keras.optimizers.RMSprop(schedule) for name in NETWORKS})
    fit(gan, train.images, train.labels, config, checkpoint, COLUMNS, callbacks=[models.CollapseNotice()])
    return gan


def measured(
    gan: models.FilterGAN, train: Labelled, test: Labelled, config: Any, epochs: int
) -> analysis.FilterQuality:
    """The quality of the filters, with so many epochs of retraining."""
    return analysis.filter_quality(
        gan,
        train.images,
        train.labels,
        test.images,
        test.labels,
        draws=config.draws,
        singles=config.singles,
        singles_on=config.singles_on,
        epochs=epochs,
        learning_rate=config.retrain_rate,
        seed=config.seed + 1,
    )


def match(
    gan: models.FilterGAN, classifier: keras.Model, images: Any, config: Any
) -> tuple[analysis.ActivationMatches, dict[str, float]]:
    """Grids of some pictures and their numbers; also by how much the paper's own objective falls over a few of them."""
    shown = images[np.linspace(0, len(images) - 1, min(config.matched, len(images))).astype(int)]
    settings = {"extent": config.extent, "steps": config.matching_steps, "seed": config.seed + 2}
    matches = analysis.match_activations(
        gan, shown, cells=5, compare_at=config.compare_at, smoothing=config.smoothing, **settings
    )
    paper_way = config.compare_at is None and not config.smoothing
    of_paper = matches if paper_way else analysis.match_activations(gan, shown[:20], cells=3, **settings)
    findings = analysis.summarise_matches(matches, shown, classifier)
    return matches, {
        **{f"grid_{name}": value for name, value in findings.items()},
        "grid_fall_at_output": float(np.nanmedian(of_paper.fall)),
    }
