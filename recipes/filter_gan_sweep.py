"""How diverse may generated filters be? Filter GANs over lambda and noise, diversity against accuracy.

    python -m recipes.filter_gan_sweep                   # default: layer conv4, nine short trainings
    python -m recipes.filter_gan_sweep --layer conv2
    python -m recipes.filter_gan_sweep --preset smoke    # seconds: does it run?

Trains a short Filter GAN for every pair of `weights` and `noises` and measures its draws with nothing retrained.
Writes a table (`sweep.json`) and a figure (`sweep.png`). Stopped and started again, it goes on where it was.
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
    """As `recipes.filter_gan_mnist`, with shorter trainings at a higher rate, which come nearly as far."""

    output: Path = Path("runs")
    epochs: int = 10
    steps_per_epoch: int = 300
    batch_size: int = 64
    learning_rate: float = 1e-3
    weights: tuple[float, ...] = (0.1, 0.3, 1.0)  # lambda
    noises: tuple[float, ...] = (0.0, 0.5, 1.0)


MATCHED, EXTENT = 8, 2.0  # digits, and how far codes go from the middle

PRESETS = {
    "default": Config(),
    "smoke": Config(epochs=1, steps_per_epoch=2, batch_size=8, limit=64, singles=2, weights=(0.3,), noises=(0.0, 1.0)),
    "paper": Config(),
}


def run(config: Config) -> list[dict[str, float]]:
    """Trains and measures every pair; returns their numbers."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    import numpy as np

    from kinv import analysis, classifiers
    from kinv.figures import filter_gan as figures
    from recipes import filter_gan_report
    from recipes.filter_gan_training import measured, start, trained

    classifier, (train, test) = classifiers.load("digit_cnn"), load_digits(config)
    folder = config.output / f"filter_gan_sweep_{config.layer}{digits_suffix(config, train)}"

    def measure(point, checkpoint):
        print(f"\nlambda {point.information_weight:g}, noise {point.noise:g}", flush=True)
        gan = trained(classifier, train, point, checkpoint)
        quality = measured(gan, train, test, config, epochs=0)
        matches = analysis.match_activations(gan, test.images[:MATCHED], cells=3, steps=50, extent=EXTENT)
        checkpoint.forget()
        pair = {"information_weight": point.information_weight, "noise": point.noise}
        return {**pair, "fall": float(np.nanmedian(matches.fall)), **quality.metrics()}

    points = []
    for weight, noise in itertools.product(config.weights, config.noises):
        pair = {"information_weight": weight, "noise": noise, "weights": (weight,), "noises": (noise,)}
        point = replace(config, **pair, checkpoints=folder)
        name = f"lambda{weight:g}_noise{noise:g}"
        checkpoint = start(point, name, classifier, train)
        points.append(measure_once(folder / f"{name}.json", checkpoint.run, partial(measure, point, checkpoint)))
    (folder / "sweep.json").write_text(json.dumps(points, indent=1) + "\n", encoding="utf-8")
    figures.diversity_against_accuracy(points).savefig(folder / "sweep.png")
    filter_gan_report.print_sweep(points)
    print(f"\nNumbers and picture: {folder}")
    return points


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
