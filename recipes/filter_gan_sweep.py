"""How diverse may generated filters be? Filter GANs over lambda and their least spread, diversity against accuracy.

    python -m recipes.filter_gan_sweep                   # default: layer conv4, six short trainings
    python -m recipes.filter_gan_sweep --layer conv2
    python -m recipes.filter_gan_sweep --preset smoke    # seconds: does it run?

Trains a short Filter GAN for every pair of `weights` and `diversities`; measures its draws with nothing retrained,
beside random numbers as large. Writes a table (`sweep.json`) and a figure (`sweep.png`). Stopped and started again, it
goes on where it was.
"""

import itertools
import json
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from recipes import filter_gan_mnist
from recipes.command_line import main
from recipes.kept import measure_once
from recipes.material import digits_suffix, load_digits


@dataclass(frozen=True)
class Config(filter_gan_mnist.Config):
    """As `recipes.filter_gan_mnist`, with shorter trainings, which come nearly as far."""

    output: Path = Path("runs")
    epochs: int = 5
    steps_per_epoch: int = 150
    weights: tuple[float, ...] = (0.3, 1.0)  # lambda
    diversities: tuple[float, ...] = (0.0, 0.6, 1.0)  # at least


MATCHED, EXTENT = 8, 2.0  # digits, and how far codes go from the middle

PRESETS = {
    "default": Config(),
    "smoke": Config(
        epochs=1, steps_per_epoch=2, batch_size=8, limit=64, singles=2, weights=(0.3,), diversities=(0.0, 1.0)
    ),
    "paper": Config(),
}


def run(config: Config) -> list[dict[str, float]]:
    """Trains and measures every pair; returns their numbers."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    import numpy as np

    from kinv import analysis, classifiers
    from kinv.models.filter_gan import figures
    from recipes import filter_gan_report
    from recipes.filter_gan_training import measured, start, trained

    classifier, (train, test) = classifiers.load("digit_cnn"), load_digits(config)
    folder = config.output / f"filter_gan_sweep_{config.layer}{digits_suffix(config, train)}"

    def measure(point, checkpoint):
        print(f"\nlambda {point.information_weight:g}, least spread {point.min_diversity:g}", flush=True)
        gan = trained(classifier, train, point, checkpoint)
        quality = measured(gan, train, test, config, epochs=0)
        matches = analysis.match_activations(gan, test.images[:MATCHED], cells=3, steps=50, extent=EXTENT)
        checkpoint.forget()
        pair = {"information_weight": point.information_weight, "min_diversity": point.min_diversity}
        return {**pair, "fall": float(np.nanmedian(matches.fall)), **quality.metrics()}

    points = []
    for weight, least in itertools.product(config.weights, config.diversities):
        pair = {"information_weight": weight, "min_diversity": least, "weights": (weight,), "diversities": (least,)}
        point = replace(config, **pair, checkpoints=folder)
        name = f"lambda{weight:g}_spread{least:g}"
        checkpoint = start(point, name, classifier, train)
        points.append(measure_once(folder / f"{name}.json", checkpoint.run, partial(measure, point, checkpoint)))
    (folder / "sweep.json").write_text(json.dumps(points, indent=1) + "\n", encoding="utf-8")
    figures.diversity_against_accuracy(points).savefig(folder / "sweep.png")
    filter_gan_report.print_sweep(points)
    print(f"\nNumbers and picture: {folder}")
    return points


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
