"""Which Filter GAN? Nine designs, each at two learning rates: accuracy over movement of the layer's outputs.

    python -m recipes.filter_gan_search                   # default: layer conv4, hours of one core
    python -m recipes.filter_gan_search --layer conv2
    python -m recipes.filter_gan_search --preset smoke    # seconds: does it run?

Each design is trained for a short time. Of its learning rates, the one is kept with which sets are most often right on
held-out training digits, in the mean over movements. Its curve is of test digits, beside those of noise and hand-made
filters. Stopped and started again, it goes on where it was.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.experiment.material import Labelled, evenly, load_digits
from recipes.experiment.naming import data_words
from recipes.experiment.provenance import describe
from recipes.families.filter_gan import FilterGANConfig

FREE = {"movement": None, "adversarial_weight": 1.0, "hidden_units": (32,)}
FILTERS_ALONE = {"mismatch_weight": 0.0, "min_change": 0.0}
DESIGNS: dict[str, dict[str, Any]] = {
    "the paper's": {**FREE, "information_weight": 0.3, "noise": 0.0, "saturating": True},
    "held apart, centred": {**FREE, "information_weight": 1.0, "min_diversity": 0.5, "centered": True},
    "movement, discriminator": {**FILTERS_ALONE, "consistency": 0.0, "adversarial_weight": 1.0},
    "movement, predictions": {**FILTERS_ALONE, "adversarial_weight": 0.0},
    "movement, both": {**FILTERS_ALONE, "adversarial_weight": 1.0},
    "counterparts, predictions": {"adversarial_weight": 0.0},
    "counterparts, both": {},
    "counterparts, discriminator": {"consistency": 0.0, "adversarial_weight": 1.0},
    "counterparts, both, two layers": {"hidden_units": (64, 64)},
}


@dataclass(frozen=True)
class Config(FilterGANConfig):
    """As `recipes.filter_gan_mnist`, with shorter trainings."""

    output: Path = Path("runs")
    epochs: int = 3
    steps_per_epoch: int = 150
    batch_size: int = 64
    sets: int = 8  # of each kind at each movement
    rates: tuple[float, ...] = (1e-3, 4e-3)
    movements: tuple[float, ...] = (0.25, 0.5, 0.8, 1.0)
    held_out: int = 1000  # training digits, on which rates are chosen
    design: str = ""  # of one part


PRESETS = presets(
    default=Config(),
    smoke=Config(
        epochs=1, steps_per_epoch=1, batch_size=8, limit=64, sets=2, held_out=16, singles_on=20, rates=(1e-3,),
        movements=(0.5,),
    ),
    paper=Config(),
)  # fmt: skip


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> list[dict[str, Any]]:
    """Trains and measures every design; returns their numbers."""
    from kinv.analysis.filters import curves, figures
    from kinv.classifiers.replaced_filters import ReplacedFilters

    classifier = kinv.classifiers.load("digit_cnn")
    train, test = load_digits(config.data, config.download, config.limit)
    experiment.about("filter_gan_search", config.layer, data_words(train.source, len(train.labels), config.limit))
    rows = []
    for design, settings in DESIGNS.items():
        tried = []
        for rate in config.rates:
            part = experiment.part(design=design, learning_rate=rate, rates=(rate,), **settings)
            run = {"digits": train.source.description, "classifier": describe(classifier)}
            tried.append(part.once(partial(measure, part, classifier, train, test), **run))
            print(f"{design}, rate {rate:g}: {tried[-1]['held_out']:.1%} of held-out digits", flush=True)
        rows.append(max(tried, key=lambda row: row["held_out"]))
    seen, tested = evenly(len(train.images), config.held_out), evenly(len(test.images), config.singles_on)
    others = curves.movement_curves(
        ReplacedFilters(classifier, config.layer), train.images[seen], test.images[tested], test.labels[tested],
        movements=config.movements, sets=config.sets, seed=config.seed + 1, progress=True,
    )  # fmt: skip
    everything = curves.MovementCurves(
        config.layer,
        (*(row["design"] for row in rows), *others.names),
        others.movements,
        np.concatenate([[row["by_set"] for row in rows], others.by_set]).astype("float64"),
        np.concatenate([[row["by_image"] for row in rows], others.by_image]).astype("float64"),
        others.network,
    )
    print_table(everything, rows)
    kept = [{name: value for name, value in row.items() if name not in ("by_set", "by_image")} for row in rows]
    experiment.keep_results(kept, {"search.png": figures.movement_curves(everything)})
    return kept


def measure(part: Experiment, classifier: Any, train: Labelled, test: Labelled) -> dict[str, Any]:
    """One design at one learning rate."""
    from kinv.analysis.filters.baselines import at_movement
    from kinv.analysis.filters.counterparts import counterpart_quality
    from kinv.analysis.filters.generated import generated_sets
    from kinv.classifiers.filter_sets import right_of_sets
    from kinv.classifiers.patch_moments import patch_moments
    from recipes.families import filter_gan

    config = part.config
    print(f"\n{config.design}, rate {config.learning_rate:g}", flush=True)
    last = len(train.labels) - config.held_out
    learned = replace(train, images=train.images[:last], labels=train.labels[:last])
    held_images, held_labels = train.images[last:], train.labels[last:]
    gan = filter_gan.trained(classifier, learned, part)
    cut = gan.cut.require("measure")
    moments = patch_moments(cut, learned.images[evenly(last, config.held_out)])
    codes = gan.draw_codes(config.sets, config.seed + 1)
    sets, drawn = generated_sets(gan, codes, moments), np.asarray(gan.generate_filters(codes), "float64")
    tested = evenly(len(test.images), config.singles_on)
    by_set = np.full((len(config.movements), config.sets), np.nan)
    by_image = np.full((len(config.movements), len(tested)), np.nan)
    held_out = np.zeros(len(config.movements))  # where sets don't move outputs so far, none is right
    for place, movement in enumerate(config.movements):
        kernels = at_movement(sets, moments, movement).astype("float32")
        if len(kernels):
            right = right_of_sets(cut, kernels, test.images[tested], test.labels[tested], False)
            by_set[place, : len(right)], by_image[place] = right.mean(axis=1), right.mean(axis=0)
            right = right_of_sets(cut, kernels, held_images, held_labels, False)
            held_out[place] = right.sum() / (config.sets * len(held_labels))
    many = gan.draw_codes(len(tested), config.seed + 2)
    read = np.concatenate(
        [gan.read_codes(test.images[tested[at : at + 100]], many[at : at + 100]) for at in range(0, len(tested), 100)]
    )
    found = {
        "design": config.design,
        "rate": config.learning_rate,
        "held_out": float(held_out.mean()),
        "accuracies": [None if np.isnan(row).all() else float(np.nanmean(row)) for row in by_set],
        "explained_variance": float(1 - np.mean((read - many) ** 2)),
        "apart": float(moments.movements(moments.kernel + drawn[1:] - drawn[:-1]).mean()),
        "by_set": [[None if np.isnan(value) else value for value in row] for row in by_set.tolist()],
        "by_image": [[None if np.isnan(value) else value for value in row] for row in by_image.tolist()],
    }
    if config.movement is not None and config.mismatch_weight:
        found |= counterpart_quality(gan, test.images[tested], many).metrics()
    return found


def print_table(everything: Any, rows: list[dict[str, Any]]) -> None:
    """Accuracy over movement, and for designs what their codes and counterparts are worth."""
    from rich.console import Console
    from rich.table import Table

    titles = {"explained_variance": "explained", "counterpart_mismatch": "mismatch", "counterpart_change": "change"}
    table = Table("", *map(str, everything.movements), "area", *titles.values(), title=f"{everything.layer}: accuracy")
    known = {row["design"]: row for row in rows}
    for name, accuracies, area in zip(everything.names, everything.accuracies(), everything.areas(), strict=True):
        cells = ["-" if np.isnan(value) else f"{value:.1%}" for value in (*accuracies, area)]
        more = [known.get(name, {}).get(key) for key in titles]
        table.add_row(name, *cells, *("" if value is None else f"{value:.2f}" for value in more))
    Console().print(table)


if __name__ == "__main__":
    main(run, __doc__)
