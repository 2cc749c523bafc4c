"""Accuracy over movement: how good are a Filter GAN's filters beside noise that moves the layer's outputs as far?

    python -m recipes.filter_curves                    # default: layer conv4, minutes
    python -m recipes.filter_curves --layer conv2
    python -m recipes.filter_curves --preset smoke     # seconds: does it run?

Takes the artifact that `recipes.filter_gan_mnist` made. Its sets of filters, noise of four shapes, and the real
filters shifted and turned are each scaled until they move the layer's outputs as far: in standard deviations between
images, on training digits. Accuracies are of test digits, nothing is retrained.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Config as BaseConfig
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.experiment.material import evenly, load_digits
from recipes.experiment.naming import data_words


@dataclass(frozen=True)
class Config(BaseConfig):
    """As in `recipes.filter_gan_mnist`."""

    layer: Literal["conv4", "conv2"] = "conv4"
    data: str = "mnist"
    output: Path = Path("runs")
    movements: tuple[float, ...] = (0.25, 0.5, 0.8, 1.0)
    sets: int = 20  # of each kind of filters
    moments_of: int = 2000  # training digits
    singles_on: int = 2000  # test digits


PRESETS = presets(
    default=Config(), smoke=Config(limit=64, sets=2, movements=(0.25, 1.0)), paper=Config(sets=100, singles_on=10_000)
)


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> dict[str, Any]:
    """Measures all kinds; returns the area of each."""
    from rich.console import Console
    from rich.table import Table

    from kinv.analysis.filters import curves, figures
    from kinv.analysis.filters.generated import generated_sets
    from kinv.classifiers.patch_moments import patch_moments
    from kinv.classifiers.replaced_filters import ReplacedFilters

    train, test = load_digits(config.data, config.download, config.limit)
    experiment.about("filter_curves", config.layer, data_words(train.source, len(train.labels), config.limit))
    gan = kinv.load(f"filter_gan_mnist_{config.layer}")
    codes = gan.draw_codes(config.sets, config.seed)
    seen, tested = (
        evenly(len(of.images), most) for of, most in ((train, config.moments_of), (test, config.singles_on))
    )
    cut = ReplacedFilters(kinv.classifiers.load("digit_cnn"), config.layer)
    moments = patch_moments(cut, train.images[seen], progress=True)
    found = curves.movement_curves(
        cut,
        train.images[seen],
        test.images[tested],
        test.labels[tested],
        generated=generated_sets(gan, codes, moments),
        moments=moments,
        movements=config.movements,
        sets=config.sets,
        seed=config.seed + 1,
        progress=True,
    )
    frame, areas = found.to_frame(), dict(zip(found.names, found.areas(), strict=True))
    table = Table(*("", *map(str, config.movements), "area"), title=f"{config.layer}: accuracy, by movement of outputs")
    for name, row in zip(found.names, found.accuracies(), strict=True):
        table.add_row(name, *("-" if np.isnan(value) else f"{value:.1%}" for value in (*row, areas[name])))
    gained = beside_best(found)
    table.add_row("generated less the best other", *gained, "", end_section=True)
    Console().print(table)
    results = {
        "network": found.network,
        "areas": {name: None if np.isnan(area) else float(area) for name, area in areas.items()},
        "curves": frame.astype(object).where(frame.notna(), None).to_dict("records"),
    }
    experiment.keep_results(results, {"curves.png": figures.movement_curves(found)})
    return results


def beside_best(found: Any) -> list[str]:
    """By how many points the generated filters are better than the best other ones, with 95 % intervals."""
    said, ours = [], found.names[0]
    for column, accuracy in enumerate(found.accuracies()[0]):
        best = found.best_other(ours, column)
        if np.isnan(accuracy) or best is None:
            said.append("-")
            continue
        mean, low, high = (100 * value for value in found.difference(ours, best, column))
        said.append(f"{mean:+.1f} ({low:.1f} to {high:.1f}), {best}")
    return said


if __name__ == "__main__":
    main(run, __doc__)
