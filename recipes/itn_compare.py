"""Is a learned family larger than simple ones, on photographs that nobody chose anything on? (Of several seeds, too.)

    python -m recipes.itn_compare                               # the held-out half: 15 minutes on two cores
    python -m recipes.itn_compare --data pets --no-labels       # photographs that were kept back
    python -m recipes.itn_compare --families itn_squeezenet runs/itn_squeezenet_seed1 runs/itn_squeezenet_seed2
    python -m recipes.itn_compare --preset smoke                # seconds: does it run?

Takes transformers that `recipes.itn_alexnet`, `recipes.itn_resnet` or a user trained for one network. For each, counts
how many predictions stay beside random matrices of the same distance. Then scales all, and a box that is calibrated on
the images they were trained with, to the same share of unchanged predictions, and compares their volumes. More seeds
come from these recipes with `--seed 1 --output runs`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

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
    load_classifier,
)
from recipes.experiment.naming import data_words
from recipes.itn_alexnet import CALIBRATED_ON, least, weights_key, worth_keeping

LEARNED = "learned"  # what `compare_families` calls the first


@dataclass(frozen=True)
class Config(BaseConfig):
    """What is compared. `data` is what it is measured on: of what they were trained with, the held-out half."""

    families: tuple[str, ...] = ("itn_squeezenet",)  # artifacts, of one network
    trained_with: str = "auto"  # the images on whose training half the box is calibrated
    simple: tuple[str, ...] = ("calibrated box",)  # also: random directions, hand-made; none was ever larger
    labels: bool = True  # False: the network's own predictions
    sure: float = 0.5  # softmax output from which on a prediction counts where there are no labels
    share: float = 0.85  # of unchanged predictions, at which families are compared
    draws: int = 4  # transformations of an image
    output: Path = Path("runs")


PRESETS = presets(
    default=Config(),
    smoke=Config(limit=12, draws=1, simple=("random directions",)),
    paper=Config(draws=16, simple=("random directions", "hand-made", "calibrated box")),
)


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> dict[str, Any]:
    """Compares; returns by family its numbers, and that of random matrices beside it."""
    transformers, classifier = load(config.families, config.download)
    train, held_out = find_halves(config.trained_with, config.download)
    if config.data not in ("auto", config.trained_with):
        held_out = find_images(config.data, config.download)
    experiment.about("itn_compare", classifier.name, data_words(held_out))
    size = classifier.input_shape[1]
    images, labels = train.load(round(CROP_MARGIN * size), config.limit, dtype="uint8")
    views = TenCrops(images, size, VIEWS)
    learned_from = worth_keeping(classifier, views, labels, config.sure)
    tested = measured_on(classifier, held_out, config)
    found = {}
    for name, transformer in transformers.items():
        kept = experiment.kept_run(part="random", name=name, learned=weights_key(transformer))
        found[name] = kept.once(lambda transformer=transformer: beside_random(transformer, classifier, tested, config))
    keys = {name: weights_key(transformer) for name, transformer in transformers.items()}
    compared = experiment.kept_run(part="families", learned=keys).once(
        lambda: volumes(transformers, classifier, learned_from, tested, config)
    )
    for name in transformers:
        print(f"{name}: {found[name]['summary']}")
    print(compared["summary"])
    numbers = {name: {**found[name]["metrics"], **compared["metrics"][name]} for name in transformers}
    experiment.keep_results({"images": len(tested.images), "families": numbers, "table": compared["table"]}, {})
    return numbers


def load(names: tuple[str, ...], download: bool) -> tuple[dict[str, Any], Any]:
    """Transformers by name, and the network that they were all trained for.

    Raises:
        ValueError: there are none, or they are of several networks, or what was trained is no transformer.
    """
    if not names:
        raise ValueError("families must name at least one artifact")
    loaded = {Path(name).name: kinv.load(name) for name in names}
    if len(loaded) < len(names):
        raise ValueError(f"families need names of their own, received {', '.join(names)}")
    of = {}
    for name, transformer in loaded.items():
        if not isinstance(transformer, kinv.models.InvariantTransformer):
            raise ValueError(f"{name} is no InvariantTransformer, but {type(transformer).__name__}")
        of[name] = kinv.hub.read_metadata(kinv.hub.find(name))["classifier"]["name"]
    networks = sorted(set(of.values()))
    if len(networks) > 1:
        raise ValueError(f"families must be of one network, received some of {' and of '.join(networks)}")
    classifier = load_classifier(networks[0], networks[0], download)
    for transformer in loaded.values():
        transformer.set_classifier(classifier)
    return loaded, classifier


def measured_on(classifier: Any, source: Any, config: Config) -> Labelled:
    """The images with their labels; without, those that the network is sure of."""
    images, labels = source.load(classifier.input_shape[1], config.limit)
    which = "with labels"
    if labels is None or not config.labels:
        _, confidence = kinv.analysis.predict(classifier, images)
        sure = least(config.sure, confidence)
        images, labels = images[confidence >= sure], None
        which = f"that the network is sure of (softmax output at least {sure:.2f})"
    print(f"Measured: {len(images)} images {which}, from {source.description}", flush=True)
    return Labelled(images, labels, source)


def beside_random(transformer: Any, classifier: Any, tested: Labelled, config: Config) -> dict[str, Any]:
    """How many predictions a family keeps as it is, and random matrices of the same distance."""
    found = kinv.analysis.compare_with_random(
        transformer, classifier, tested.images, tested.labels, draws=config.draws, seed=config.seed + 1
    )
    return {"metrics": found.metrics(), "summary": found.summary()}


def volumes(
    transformers: dict[str, Any], classifier: Any, learned_from: Labelled, tested: Labelled, config: Config
) -> dict[str, Any]:
    """All families, scaled to the same share of unchanged predictions."""
    (first, transformer), *others = transformers.items()
    found = kinv.analysis.compare_families(
        transformer, classifier, tested.images, tested.labels, share=config.share, draws=config.draws,
        calibrated_on=learned_from.images[evenly(len(learned_from.images), CALIBRATED_ON)], seed=config.seed + 2,
        others=dict(others), simple=config.simple,
    )  # fmt: skip
    names = {first: LEARNED, **{name: name for name, _ in others}}
    metrics = {name: found.metrics_of(called) for name, called in names.items()}
    table = found.to_frame().replace(-np.inf, None).replace(LEARNED, first).to_dict("records")
    return {"metrics": metrics, "table": table, "summary": found.summary()}


if __name__ == "__main__":
    main(run, __doc__)
