"""What the Filter GAN's recipes share: the model, its training, its measurements, and what is kept of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

import kinv
from recipes.experiment.experiment import Config, Experiment
from recipes.experiment.material import Labelled, sources
from recipes.experiment.provenance import describe
from recipes.families import filter_gan_report as report

COLUMNS = {
    "discriminator_loss": "D",
    "generator_loss": "G",
    "discriminator_accuracy": "D right",
    "explained_variance": "explained",
    "diversity": "diversity",
}
LAST_RATE = 0.05  # of the first


@dataclass(frozen=True)
class FilterGANConfig(Config):
    """The paper gives no values but RMSprop; these were chosen by trial and by `recipes.filter_gan_sweep`."""

    layer: str = "conv4"  # paper: the 4th and the 2nd convolution
    data: str = "mnist"
    epochs: int = 20
    steps_per_epoch: int = 150
    batch_size: int = 128  # half of it passes the real filters, half generated ones
    learning_rate: float = 1e-3  # RMSprop, with a cosine to a twentieth
    latent_dim: int = 16
    information_weight: float = 1.0  # lambda; see recipes.filter_gan_sweep
    noise: float = 0.5  # see FilterGAN; 0 is the paper's
    min_diversity: float = 0.5  # see FilterGAN and recipes.filter_gan_sweep
    centered: bool = True  # see FilterGAN
    hidden_units: tuple[int, ...] = (32,)
    width: int = 32
    draws: int = 10  # paper, section 5.2
    singles: int = 100  # sets of filters that are measured alone,
    singles_on: int = 2000  # on so many test images
    retrain_epochs: int = 2  # of the layers above, section 5.2
    retrain_rate: float = 5e-4  # Adam, with a cosine to zero
    compare_at: str | None = "pool"  # where images must match; None is the paper's, the convolution's own output
    extent: float = 5.0  # xi, section 4: far out, so that changes can be seen
    smoothing: float = 1.0  # see match_activations; 0 is the paper's
    matched: int = 100  # test images whose grids of 25 cells are measured,
    matching_steps: int = 60  # of gradient descent


def train_and_keep(
    classifier: Any, train: Labelled, test: Labelled, experiment: Experiment, right: str, paper: dict[str, str]
) -> dict[str, float]:
    """Trains a Filter GAN, measures it as in section 5.2 and keeps it as an artifact; returns the metrics.

    Args:
        classifier: the network under study.
        train, test: images to train with and to measure on.
        experiment: the recipe's.
        right: what counts as a right answer.
        paper: the paper's numbers, to print beside ours.
    """
    from kinv.artifacts.registry import OWN

    config = experiment.config
    gan = trained(classifier, train, experiment)
    print("Measuring the filters, with the layers above retrained ...", flush=True)
    quality = measured(gan, train, test, config, config.retrain_epochs)
    print("Matching activations ...", flush=True)
    matches, findings = match(gan, classifier, test.images, config)
    metrics = {**quality.metrics(), **findings}
    drawings = report.draw(gan, matches, config.layer, config.seed)
    known = {
        "right": right,
        "matched": len(matches.images),
        "swept": "sweep.png" in drawings,
        "compared_at": config.compare_at or "the convolution's output",
        "data": sources(train.source, test=test.source),
        "classifier": describe(classifier),
    }
    report.print_table(experiment.name, metrics, right, config, paper)
    # other networks' weights are their authors' to share
    pooled = {"classify": quality.averaged_network} if classifier.name in OWN else None
    experiment.keep_artifact(gan, metrics, drawings, known=known, classifiers=pooled)
    return metrics


def trained(classifier: Any, train: Labelled, experiment: Experiment) -> Any:
    """A Filter GAN with the experiment's settings, trained from where a stopped run was."""
    import keras

    config = experiment.config
    gan = kinv.models.FilterGAN(
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
    steps = config.epochs * config.steps_per_epoch
    schedule = keras.optimizers.schedules.CosineDecay(config.learning_rate, steps, LAST_RATE)
    gan.compile({name: keras.optimizers.RMSprop(schedule) for name in kinv.models.filter_gan.NETWORKS})
    experiment.fit(
        gan, train.images, train.labels, COLUMNS, callbacks=[kinv.models.CollapseNotice()],
        run={"images": train.source.description, "classifier": describe(classifier)},
    )  # fmt: skip
    return gan


def measured(gan: Any, train: Labelled, test: Labelled, config: Any, epochs: int) -> Any:
    """The quality of the filters, with so many epochs of retraining."""
    return kinv.analysis.filter_quality(
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


def match(gan: Any, classifier: Any, images: Any, config: Any) -> tuple[Any, dict[str, float]]:
    """Grids of some images and their numbers; also by how much the paper's own objective falls over a few of them."""
    shown = images[np.linspace(0, len(images) - 1, min(config.matched, len(images))).astype(int)]
    settings = {"extent": config.extent, "steps": config.matching_steps, "seed": config.seed + 2}
    matches = kinv.match_activations(
        gan, shown, cells=5, compare_at=config.compare_at, smoothing=config.smoothing, **settings
    )
    paper_way = config.compare_at is None and not config.smoothing
    of_paper = matches if paper_way else kinv.match_activations(gan, shown[:20], cells=3, **settings)
    findings = kinv.analysis.summarise_matches(matches, shown, classifier)
    return matches, {
        **{f"grid_{name}": value for name, value in findings.items()},
        "grid_fall_at_output": float(np.nanmedian(of_paper.fall)),
    }
