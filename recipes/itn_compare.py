"""Is a learned family larger than simple ones, on photographs that nobody chose anything on? (Of several seeds, too.)

    python -m recipes.itn_compare                            # on the held-out half: minutes
    python -m recipes.itn_compare --data pets --no-labels    # on photographs that were kept back
    python -m recipes.itn_compare --families itn_squeezenet runs/itn_squeezenet_seed1 runs/itn_squeezenet_seed2
    python -m recipes.itn_compare --preset smoke             # seconds: does it run?

Takes artifacts of transformers for one of kinv's networks. Scales all, and a box that is calibrated on the images they
were trained with, to the same share of unchanged predictions, and compares their volumes. Then counts for each how many
predictions stay as it is, beside random matrices of the same distance. More seeds come from `recipes.itn_alexnet` and
`recipes.itn_resnet` with `--seed 1 --output runs`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Config as BaseConfig
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.experiment.material import (
    CROP_MARGIN,
    VIEWS,
    Labelled,
    TenCrops,
    evenly,
    find_halves,
    find_images,
)
from recipes.experiment.naming import data_words
from recipes.experiment.provenance import describe
from recipes.itn_alexnet import CALIBRATED_ON, least, weights_key, worth_keeping

PARTS = {"space": "space", "color": "colour", "beyond": "flows"}
LEARNED = "learned"  # what `compare_families` calls the first
SURE, SHARE = 0.5, 0.85  # where an artifact does not say with which it was made


@dataclass(frozen=True)
class Config(BaseConfig):
    """What is compared. `data` is what it is measured on: of images they were trained with, the held-out half."""

    families: tuple[str, ...] = ("itn_squeezenet",)  # names or folders of artifacts, of one network
    simple: tuple[str, ...] = ("calibrated box",)  # also: random directions, hand-made
    labels: bool = True  # False: the network's own predictions
    sure: float | None = None  # softmax output from which a prediction counts; None: the first's, or half of all images
    share: float | None = None  # of unchanged predictions, at which families are compared; None: the first's own
    draws: int = 4  # transformations of an image
    output: Path = Path("runs")


PRESETS = presets(
    default=Config(),
    smoke=Config(limit=12, draws=1, simple=("random directions",)),
    paper=Config(draws=16, simple=("random directions", "hand-made", "calibrated box")),
)


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> dict[str, Any]:
    """Compares; returns the numbers of every family."""
    transformers, classifier, made_with = load(config.families, config.download)
    settings = made_with.get("config", {})
    sure = (settings.get("sure") or SURE) if config.sure is None else config.sure
    share = (settings.get("at_share") or SHARE) if config.share is None else config.share
    train, measured = find_halves("auto", config.download)
    if settings.get("data", "auto") not in ("auto", train.name):
        train, measured = find_halves(settings["data"], config.download)
    trained_with = made_with.get("data", {}).get("train")
    if trained_with != train.description:
        print(f"Trained with: {trained_with or 'unknown images'}. The box is calibrated on others.", flush=True)
    if config.data not in ("auto", train.name):
        measured = find_images(config.data, config.download)
    experiment.about("itn_compare", classifier.name, data_words(measured))
    size = classifier.input_shape[1]
    images, labels = train.load(round(CROP_MARGIN * size), config.limit, dtype="uint8")
    chosen = worth_keeping(
        classifier, TenCrops(images, size, VIEWS), labels if config.labels else None, sure, "Box from",
        half=config.sure is None,
    )  # fmt: skip
    box_from = chosen.images[evenly(len(chosen.images), CALIBRATED_ON)]
    tested = measured_on(classifier, measured, config, sure)
    run = {"images": measured.description, "calibrated": train.description, "classifier": describe(classifier)}
    keys = {name: weights_key(transformer) for name, transformer in transformers.items()}
    kept = [experiment.kept_run(part="families", learned=keys, at=share, **run)]
    compared = kept[0].once(lambda: volumes(transformers, classifier, box_from, tested, share, config))
    rows = {}
    for name, transformer in transformers.items():
        kept.append(experiment.kept_run(part="random", learned=keys[name], **run))
        rows[name] = kept[-1].once(
            lambda transformer=transformer: beside_random(transformer, classifier, tested, config)
        )
    numbers = {name: {**row, **compared["metrics"][name]} for name, row in rows.items()}
    found = {"images": compared["images"], "share": share, "families": numbers, "table": compared["table"]}
    experiment.keep_results(found, {})
    for one in kept:
        one.forget_measured()
    print_numbers(numbers, compared["images"], share)
    return numbers


def load(names: tuple[str, ...], download: bool) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    """Transformers by name, the network that they were all trained for, and the metadata of the first.

    Raises:
        ValueError: there are none, or they are of several networks, or what was trained is no transformer.
    """
    if not names:
        raise ValueError("families must name at least one artifact")
    folders = {Path(name).name: kinv.hub.find(name) for name in names}
    if len(folders) < len(names):
        raise ValueError(f"families need names of their own, received {', '.join(names)}")
    metadata = {name: kinv.hub.read_metadata(folder) for name, folder in folders.items()}
    loaded, networks = {}, {}
    for name, folder in folders.items():
        loaded[name] = kinv.load(folder)
        if not isinstance(loaded[name], kinv.models.InvariantTransformer):
            raise ValueError(f"{name} is no InvariantTransformer, but {type(loaded[name]).__name__}")
        if "classifier" not in metadata[name]:
            raise ValueError(f"the metadata of {name} does not say which network it was trained for")
        networks[metadata[name]["classifier"]["name"]] = metadata[name]["classifier"]["weights_sha256"]
    if len(networks) > 1:
        raise ValueError(f"families must be of one network, received some of {' and of '.join(sorted(networks))}")
    (network,) = networks
    classifier = kinv.classifiers.load(network, download=download)
    if describe(classifier)["weights_sha256"] != networks[network]:
        raise ValueError(f"the families were trained for a {network} of other weights than kinv's")
    for transformer in loaded.values():
        transformer.set_classifier(classifier)
    return loaded, classifier, metadata[next(iter(folders))]


def measured_on(classifier: Any, source: Any, config: Config, sure: float) -> Labelled:
    """The images with their labels; without, those that the network is sure of."""
    images, labels = source.load(classifier.input_shape[1], config.limit)
    which = "with labels"
    if labels is None or not config.labels:
        _, confidence = kinv.analysis.predict(classifier, images)
        if config.sure is None:
            sure = least(sure, confidence)
        if not (confidence >= sure).any():
            raise ValueError(
                f"{classifier.name} is nowhere as sure as {sure:.2f} of {source.description}: its largest softmax "
                f"output is {confidence.max():.2f}. --sure takes less"
            )
        images, labels = images[confidence >= sure], None
        which = f"that the network is sure of (softmax output at least {sure:.2f})"
    print(f"Measured: {len(images)} images {which}, from {source.description}", flush=True)
    return Labelled(images, labels, source)


def beside_random(transformer: Any, classifier: Any, tested: Labelled, config: Config) -> dict[str, float]:
    """How many predictions a family keeps as it is, and random matrices of the same distance."""
    found = kinv.analysis.compare_with_random(
        transformer, classifier, tested.images, tested.labels, draws=config.draws, seed=config.seed + 1
    )
    return found.metrics()


def volumes(
    transformers: dict[str, Any], classifier: Any, box_from: Any, tested: Labelled, share: float, config: Config
) -> dict[str, Any]:
    """All families, scaled to the same share of unchanged predictions."""
    (first, transformer), *others = transformers.items()
    found = kinv.analysis.compare_families(
        transformer, classifier, tested.images, tested.labels, calibrated_on=box_from, share=share,
        draws=config.draws, seed=config.seed + 2, others=dict(others), simple=config.simple,
    )  # fmt: skip
    names = {first: LEARNED, **{name: name for name, _ in others}}
    metrics = {name: found.metrics_of(called) for name, called in names.items()}
    table = found.to_frame().replace(-np.inf, None).replace(LEARNED, first).to_dict("records")
    return {"metrics": metrics, "table": table, "images": found.images}


def print_numbers(numbers: dict[str, Any], images: int, share: float) -> None:
    """A column for each family."""
    table = Table(title=f"{images} images; volumes in nats where {share:.0%} of the predictions stay")
    for column in ("", *numbers):
        table.add_column(column)
    families = list(numbers.values())
    table.add_row("unchanged, as it is", *(f"{found['learned_unchanged']:.1%}" for found in families))
    table.add_row("random, as far", *(f"{found['random_unchanged']:.1%}" for found in families))
    for part, title in PARTS.items():
        if f"{part}_larger" in families[0]:
            table.add_row(f"{title}: dimension", *(f"{found[f'{part}_dimension']:.1f}" for found in families))
            table.add_row(f"{title}: larger by", *(_larger(found, part) for found in families))
    table.add_row("each, in its proportion", *(_larger(found, "each") for found in families))
    Console().print(table)
    print("Larger than the best simple family, with 95 % intervals over images.")


def _larger(found, part):
    if f"{part}_larger" not in found:
        return "no volume"
    low, high = found[f"{part}_larger_low"], found[f"{part}_larger_high"]
    return f"{found[f'{part}_larger']:+.1f} ({low:.1f} to {high:.1f})"


if __name__ == "__main__":
    main(run, __doc__)
