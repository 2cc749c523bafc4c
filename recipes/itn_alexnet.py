"""Invariant Transformer Net on AlexNet (Bunne, Rahmann and Wolf; figures 4a, 4b and 5).

    python -m recipes.itn_alexnet                       # default: 5 minutes and 3 GB on two cores
    python -m recipes.itn_alexnet --preset smoke        # seconds: does it run?
    python -m recipes.itn_alexnet --preset paper        # the paper's scale: ImageNet's validation pictures, a GPU
    python -m recipes.itn_alexnet --data my/photos --no-labels

Learns the colour and spatial transformations that an ImageNet classifier ignores, compares them on held-out pictures
with random ones of the same size, and keeps them as an artifact. Without AlexNet's weights it takes SqueezeNet, which
has AlexNet's accuracy, and says so. Stopped and started again, it goes on where it was.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from recipes.command_line import main
from recipes.crops import TenCrops
from recipes.material import find_halves, load_classifier
from recipes.provenance import as_json, describe, hardware

CARD = "invariant_transformer"


@dataclass(frozen=True)
class Config:
    """Where the paper gives no value, it was chosen by trial on `imagenet_samples`, its held-out half included."""

    preset: Literal["smoke", "default", "paper"] = "default"
    classifier: str = "alexnet"  # paper, section III-B
    fallback: str = "squeezenet"  # where the classifier's weights are not on this machine
    data: str = "auto"  # imagenet_samples, else tfds:imagenet_v2, else photos
    labels: bool = True  # False: the classifier's own predictions
    download: bool = False  # lets weights and data be fetched
    limit: int | None = None  # pictures for training and as many to hold out
    output: Path = Path("artifacts")  # the artifact's folder is made in here
    checkpoints: Path = Path("runs")
    seed: int = 0

    epochs: int = 30
    steps_per_epoch: int = 10
    batch_size: int = 20
    learning_rate: float = 5e-4  # Adam, with a cosine to a fiftieth
    hidden_units: tuple[int, ...] = (64, 64)  # paper: "two fully connected layers"
    fill: Literal["zeros", "reflect", "nearest"] = "zeros"  # as in the screening
    color_weight: float = 0.07  # c_theta; paper: "selected by hand"
    smoothing: float = 0.1  # see InvariantTransformer; 0 is the paper's
    keep: float = 0.93  # acc_orig: share of predictions to keep, on pictures that the classifier gets right
    sure: float = 0.5  # softmax output from which on a prediction counts where there are no labels
    draws: int = 4  # transformations a held-out picture


LAST_RATE = 0.02  # of the first
CROP_MARGIN = 256 / 227  # the paper's crops of 227 are taken from pictures of 256
PRESETS = {
    "default": Config(),
    "smoke": Config(epochs=2, steps_per_epoch=2, batch_size=4, limit=12, draws=1),
    "paper": Config(data="tfds:imagenet2012", limit=5000, epochs=100, steps_per_epoch=100, batch_size=64),
}


def run(config: Config) -> dict[str, float]:
    """Trains, compares, draws and keeps; returns the metrics of the comparison."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    import keras
    import tensorflow as tf

    from kinv import analysis, models
    from kinv.training.checkpoint import Checkpoint
    from recipes import itn_report
    from recipes.training import cosine, fit

    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()
    started = time.monotonic()

    classifier = load_classifier(config.classifier, config.fallback, config.download)
    size = classifier.input_shape[1]
    train, held_out = find_halves(config.data, config.download)
    pictures, labels = train.load(round(CROP_MARGIN * size), config.limit, dtype="uint8")
    crops = TenCrops(pictures, size)
    print(f"Network:  {classifier.name}, {classifier.count_params():,} parameters")
    print(f"Pictures: {train.description}; held out: {held_out.description}", flush=True)

    predictions, confidence = analysis.predict(classifier, crops)
    given = crops.of_pictures(labels) if config.labels and labels is not None else None
    if config.labels and labels is None:
        print("Labels:   none; the network's own predictions take their place")
    # where the network is wrong, or not sure, there is no prediction worth keeping
    kept = confidence >= least(config.sure, confidence) if given is None else predictions == given
    if not kept.any():
        raise ValueError(f"{classifier.name} gets none of the {len(crops)} crops right: are the labels its own?")
    crops, truth = crops.only(kept), predictions[kept]
    which = (
        f"is sure of (softmax output at least {least(config.sure, confidence):.2f})" if given is None else "gets right"
    )
    print(f"Training: {len(crops):,} crops that the network {which}", flush=True)

    transformer = models.InvariantTransformer(
        classifier,
        hidden_units=config.hidden_units,
        fill=config.fill,
        color_weight=config.color_weight,
        accuracy_threshold=config.keep,
        smoothing=config.smoothing,
        seed=config.seed,
    )
    transformer.compile(keras.optimizers.Adam(cosine(config, LAST_RATE)))
    name = artifact_name(config, classifier.name, train.name, labelled=given is not None)
    checkpoint = Checkpoint(config.checkpoints / name, run={**as_json(config), "pictures": train.description})
    fit(transformer, crops, truth, config, checkpoint, itn_report.COLUMNS)

    images, labels = held_out.load(size, config.limit)
    measured = images
    if labels is None:
        _, confidence = analysis.predict(classifier, images)
        measured = images[confidence >= least(config.sure, confidence)]
    print(f"Comparing with random transformations on {len(measured)} held-out pictures ...", flush=True)
    comparison = analysis.compare_with_random(
        transformer, classifier, measured, labels, draws=config.draws, seed=config.seed + 1
    )
    metrics = comparison.metrics()
    metadata = {
        "name": name,
        "recipe": "recipes.itn_resnet" if config.classifier == "resnet101" else "recipes.itn_alexnet",
        "config": as_json(config),
        "seed": config.seed,
        "metrics": metrics,
        "held_out": {"pictures": len(images), "right": comparison.learned_unchanged.shape[1], "draws": config.draws},
        "labels": "the network's own predictions" if given is None else "given",
        "data": {"train": train.description, "held_out": held_out.description, "license": train.license},
        "classifier": describe(classifier),
        "minutes": round((time.monotonic() - started) / 60, 1),
        "hardware": hardware(),
    }
    names = itn_report.class_names(classifier, train)
    folder = itn_report.keep(
        transformer, classifier, images, labels, names, checkpoint.history, metadata, config.output / name
    )
    checkpoint.forget()
    itn_report.print_table(metrics, metadata)
    print(f"\nArtifact: {folder}\nPictures: {folder / 'figures'}")
    return metrics


def least(sure: float, confidence: Any) -> float:
    """The softmax output from which on a prediction counts: `sure`, unless fewer than half would be left."""
    import numpy as np

    return float(min(sure, np.median(confidence)))


def artifact_name(config: Config, classifier: str, data_name: str, labelled: bool) -> str:
    """`itn_` and the network that was really used, with a suffix for all that is not the default."""
    parts = ["itn", classifier]
    if data_name != "imagenet_samples":
        parts.append(Path(data_name.replace(":", "_")).name)
    elif not labelled:
        parts.append("unlabelled")
    if config.preset != "default":
        parts.append(config.preset)
    return "_".join(parts)


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
