"""How diverse may generated filters be? Filter GANs over lambda and their least spread, diversity against accuracy.

    python -m recipes.filter_gan_sweep                   # default: layer conv4, six short trainings
    python -m recipes.filter_gan_sweep --layer conv2
    python -m recipes.filter_gan_sweep --preset smoke    # seconds: does it run?

Trains a short Filter GAN for every pair of `weights` and `diversities`; measures its draws with nothing retrained,
beside Gaussian noise of the same standard deviation. Writes a table and a figure (`sweep.png`). Stopped and started
again, it goes on where it was.
"""

import itertools
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.experiment.material import load_digits
from recipes.experiment.naming import data_words
from recipes.experiment.provenance import describe
from recipes.families.filter_gan import FilterGANConfig

MATCHED, EXTENT = 8, 2.0  # digits, and how far codes go from the middle


@dataclass(frozen=True)
class Config(FilterGANConfig):
    """As `recipes.filter_gan_mnist`, with shorter trainings, which come nearly as far."""

    output: Path = Path("runs")
    epochs: int = 5
    steps_per_epoch: int = 150
    weights: tuple[float, ...] = (0.3, 1.0)  # lambda
    diversities: tuple[float, ...] = (0.0, 0.6, 1.0)  # at least


PRESETS = presets(
    default=Config(),
    smoke=Config(
        epochs=1, steps_per_epoch=2, batch_size=8, limit=64, singles=2, weights=(0.3,), diversities=(0.0, 1.0)
    ),
    paper=Config(),
)


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> list[dict[str, float]]:
    """Trains and measures every pair; returns their numbers."""
    from kinv.models.filter_gan import figures
    from recipes.families import filter_gan, filter_gan_report

    classifier = kinv.classifiers.load("digit_cnn")
    train, test = load_digits(config.data, config.download, config.limit)
    experiment.about("filter_gan_sweep", config.layer, data_words(train.source, len(train.labels), config.limit))

    def measure(part: Experiment) -> dict[str, float]:
        pair = {name: getattr(part.config, name) for name in ("information_weight", "min_diversity")}
        print(f"\nlambda {pair['information_weight']:g}, least spread {pair['min_diversity']:g}", flush=True)
        gan = filter_gan.trained(classifier, train, part)
        quality = filter_gan.measured(gan, train, test, part.config, epochs=0)
        matches = kinv.match_activations(gan, test.images[:MATCHED], cells=3, steps=50, extent=EXTENT)
        return {**pair, "fall": float(np.nanmedian(matches.fall)), **quality.metrics()}

    points = []
    for weight, least in itertools.product(config.weights, config.diversities):
        part = experiment.part(information_weight=weight, min_diversity=least, weights=(weight,), diversities=(least,))
        run = {"digits": train.source.description, "classifier": describe(classifier)}
        points.append(part.once(partial(measure, part), **run))
    experiment.keep_results(
        points,
        {
            "sweep.png": figures.diversity_against_accuracy(
                points, f"Filter GAN of {experiment.config.layer}: diverse or accurate"
            )
        },
    )
    filter_gan_report.print_sweep(points)
    return points


if __name__ == "__main__":
    main(run, __doc__)
