"""What the Filter GAN's recipes share: the model, its training, its measurements, and what is kept of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

import kinv
from kinv.analysis.filters.change_parts import change_parts
from kinv.analysis.filters.counterparts import counterpart_quality
from kinv.analysis.filters.figures import movement_curves
from kinv.analysis.filters.linear_code import LinearCode
from kinv.classifiers.patch_moments import patch_moments
from recipes.experiment.experiment import Config, Experiment
from recipes.experiment.material import Labelled, evenly, sources
from recipes.experiment.provenance import describe
from recipes.families import filter_gan_report as report

COLUMNS = {
    "discriminator_loss": "D",
    "generator_loss": "G",
    "discriminator_accuracy": "D right",
    "explained_variance": "explained",
    "diversity": "diversity",
    "mismatch": "mismatch",
    "change": "change",
}
LAST_RATE = 0.05  # of the first
MOMENTS_OF = 2000  # images, for the movement of outputs


@dataclass(frozen=True)
class FilterGANConfig(Config):
    """The paper gives no values but RMSprop; these were chosen on training digits, see `recipes.filter_gan_search`."""

    layer: str = "conv4"  # paper: the 4th and the 2nd convolution
    data: str = "mnist"
    epochs: int = 8  # longer, counterparts go farther than the classifier follows
    steps_per_epoch: int = 150
    batch_size: int = 128  # half of it passes the real filters, half generated ones
    learning_rate: float = 2e-3  # RMSprop, with a cosine to a twentieth
    latent_dim: int = 16
    movement: float | None = 1.0  # see FilterGAN; None is the paper's
    consistency: float = 1.0  # see FilterGAN, also below
    mismatch_weight: float = 3.0
    min_change: float = 15.0
    adversarial_weight: float = 0.05
    information_weight: float = 0.2  # lambda
    noise: float = 0.5  # see FilterGAN; 0 is the paper's
    saturating: bool = False  # the paper's loss of the generator
    min_diversity: float = 0.0  # without a movement
    centered: bool = False  # without a movement
    hidden_units: tuple[int, ...] = (64,)
    width: int = 32
    draws: int = 10  # paper, section 5.2
    singles: int = 100  # sets of filters that are measured alone,
    singles_on: int = 1000  # on so many test images
    retrain_epochs: int = 2  # of the layers above, section 5.2
    retrain_rate: float = 5e-4  # Adam, with a cosine to zero
    sets: int = 10  # of each kind of filters at each movement
    compare_at: str | None = None  # where images must match; None is the paper's, the convolution's own output
    extent: float = 3.0  # xi, section 4: far out, so that changes can be seen
    smoothing: float = 1.0  # see match_activations; 0 is the paper's
    matched: int = 20  # test images whose grids of 25 cells are measured,
    matching_steps: int = 60  # of gradient descent


def train_and_keep(
    classifier: Any,
    train: Labelled,
    test: Labelled,
    experiment: Experiment,
    right: str,
    paper: dict[str, str],
    judge: Any = None,
) -> dict[str, float]:
    """Trains a Filter GAN, measures it as in section 5.2 and keeps it as an artifact; returns the metrics.

    Args:
        classifier: the network under study.
        train, test: images to train with and to measure on.
        experiment: the recipe's.
        right: what counts as a right answer.
        paper: the paper's numbers, to print beside ours.
        judge: a second network of the same classes, to say what counterparts of images are.
    """
    from kinv.artifacts.registry import OWN

    config = experiment.config
    gan = trained(classifier, train, experiment)
    print("Measuring the filters, with the layers above retrained ...", flush=True)
    quality = measured(gan, train, test, config, config.retrain_epochs)
    print("Matching activations ...", flush=True)
    matches, findings = match(gan, classifier, train.images, test.images, config)
    metrics = {**quality.metrics(), **findings}
    title = f"Filter GAN of {config.layer} of {classifier.name}: accuracy, nothing retrained"
    drawings = {
        "curves.png": movement_curves(quality.curves, title),
        **report.draw(gan, matches, config.layer, config.seed),
    }
    if config.movement is not None:
        print("Measuring counterparts ...", flush=True)
        metrics |= seen_in_images(gan, test.images, judge, config)
        drawings["counterparts.png"] = report.draw_counterparts(gan, test.images, config.layer, config.seed)
    known = {
        "right": right,
        "matched": len(matches.images),
        "compared_at": config.compare_at or "the convolution's output",
        "curves": curves_of(quality.curves),
        "judge": None if judge is None else judge.name,
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
        movement=config.movement,
        consistency=config.consistency,
        mismatch_weight=config.mismatch_weight,
        min_change=config.min_change,
        adversarial_weight=config.adversarial_weight,
        information_weight=config.information_weight,
        noise=config.noise,
        saturating=config.saturating,
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
        sets=config.sets,
        epochs=epochs,
        learning_rate=config.retrain_rate,
        seed=config.seed + 1,
    )


def match(gan: Any, classifier: Any, seen: Any, images: Any, config: Any) -> tuple[Any, dict[str, float]]:
    """Grids of some images and their numbers, beside those of a random linear code that moves outputs as far."""
    moments = patch_moments(gan.cut.require("match"), seen[evenly(len(seen), MOMENTS_OF)])
    shown = images[evenly(len(images), config.matched)]
    found = grids(gan, shown, config)
    control = grids(LinearCode(gan, moments, config.seed + 3), shown, config)
    numbers, of_control = (numbers_of_grids(matches, shown, classifier, config) for matches in (found, control))
    return found, {
        **{f"grid_{name}": value for name, value in numbers.items()},
        **{f"control_grid_{name}": value for name, value in of_control.items()},
    }


def numbers_of_grids(matches: Any, images: Any, classifier: Any, config: Any) -> dict[str, float]:
    """The metrics of a grid; with a movement, also what the changes of its corner cells are (`change_parts`)."""
    numbers = kinv.analysis.summarise_matches(matches, images, classifier)
    if config.movement is None:
        return numbers
    corners = matches.images[:, [0, 0, -1, -1], [0, -1, 0, -1]].reshape(-1, *images.shape[1:])
    parts = change_parts(np.repeat(images, 4, axis=0), corners)
    return numbers | {f"part_{name.replace(' ', '_')}": share for name, share in parts.items()}


def grids(gan: Any, images: Any, config: Any) -> Any:
    """Grids of images; with a movement, around the network's own filters, and those of a Filter GAN from counterparts.

    Without, around random codes, as in the paper.
    """
    middle = None if config.movement is None else np.zeros((len(images), gan.latent_dim), "float32")
    return kinv.match_activations(
        gan, images, z=middle, cells=5, extent=config.extent, steps=config.matching_steps, compare_at=config.compare_at,
        smoothing=config.smoothing, from_counterparts=getattr(gan, "counterparts", None) is not None,
        seed=config.seed + 2,
    )  # fmt: skip


def seen_in_images(gan: Any, images: Any, judge: Any, config: Any) -> dict[str, float]:
    """How far counterparts of test images are what the filters do, how they differ, and what networks say of them."""
    shown = images[evenly(len(images), config.singles_on)]
    codes = gan.draw_codes(len(shown), config.seed + 4)
    found = counterpart_quality(gan, shown, codes)
    numbers = {
        **found.metrics(),
        **{f"counterpart_{group.replace(' ', '_')}": share for group, share in found.parts.items()},
    }
    if judge is not None:
        numbers["counterpart_judge"] = found.agreement(judge)
    return numbers


def curves_of(found: Any) -> list[dict[str, Any]]:
    """Accuracies of all kinds of filters at all movements, as JSON values."""
    frame = found.to_frame()
    return frame.astype(object).where(frame.notna(), None).to_dict("records")
