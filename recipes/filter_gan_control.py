"""What the average of generated filters costs: section 5.2 of the Filter GAN paper with many seeds, in pairs.

    python -m recipes.filter_gan_control                    # default: layer conv4, 8 seeds, 20 minutes of one core
    python -m recipes.filter_gan_control --layer conv2
    python -m recipes.filter_gan_control --preset smoke     # seconds: does it run?

Takes the artifact that `recipes.filter_gan_mnist` made. Every seed has its own draws and its own order of digits; the
network with the average of its draws and the network with its real filters (the control) are retrained above the layer
in the same way. One seed moves an accuracy by more than the average costs: only the mean of the differences tells.
Stopped and started again, it goes on where it was.
"""

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Config as BaseConfig
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.experiment.material import Labelled, load_digits
from recipes.experiment.naming import data_words
from recipes.experiment.provenance import describe


@dataclass(frozen=True)
class Config(BaseConfig):
    """As in `recipes.filter_gan_mnist`."""

    layer: Literal["conv4", "conv2"] = "conv4"  # paper: the 4th and the 2nd convolution
    data: str = "mnist"
    output: Path = Path("runs")
    seeds: int = 8  # from `seed` on
    draws: int = 10  # paper, section 5.2
    retrain_epochs: int = 2
    batch_size: int = 128
    retrain_rate: float = 5e-4  # Adam, with a cosine to zero


PRESETS = presets(
    default=Config(),
    smoke=Config(limit=64, seeds=2, retrain_epochs=1, batch_size=16),
    paper=Config(),
)


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> dict[str, float]:
    """Measures every seed; returns the mean accuracies, their mean difference and its standard error."""
    from rich.console import Console
    from rich.table import Table

    if config.seeds < 2:
        raise ValueError(f"seeds must be at least 2 for a standard error, received {config.seeds}.")
    train, test = load_digits(config.data, config.download, config.limit)
    experiment.about("filter_gan_control", config.layer, data_words(train.source, len(train.labels), config.limit))
    name, classifier = f"filter_gan_mnist_{config.layer}", kinv.classifiers.load("digit_cnn")
    gan = kinv.load(name)
    gan.set_classifier(classifier)
    manifest = (kinv.hub.find(name) / "manifest.json").read_bytes()  # it has the sha256 of all files
    run = {"digits": train.source.description, "artifact": hashlib.sha256(manifest).hexdigest()}
    found = []
    for seed in range(config.seed, config.seed + config.seeds):
        part = experiment.part(seed=seed, seeds=1)
        measured = partial(measure, gan, train, test, config, seed)
        found.append(part.once(measured, classifier=describe(classifier), **run))
        averaged, control = found[-1]
        print(f"seed {seed}: average {averaged:.2%}, control {control:.2%}", flush=True)
    averaged, control = np.transpose(found)
    difference = averaged - control
    metrics = {
        "averaged": float(averaged.mean()),
        "control": float(control.mean()),
        "difference": float(difference.mean()),
        "standard_error": float(difference.std(ddof=1) / np.sqrt(len(difference))),
    }
    table = Table("", "mean accuracy", title=f"{config.layer}, {config.seeds} seeds, layers above retrained")
    table.add_row(f"average of {config.draws} sets of filters", f"{metrics['averaged']:.3%}")
    table.add_row("control: its own filters", f"{metrics['control']:.3%}")
    points = f"{100 * metrics['difference']:+.3f} ± {100 * metrics['standard_error']:.3f}"
    table.add_row("difference, in points", points)
    Console().print(table)
    experiment.keep_results({**metrics, "pairs": found}, {})
    return metrics


def measure(gan: Any, train: Labelled, test: Labelled, config: Config, seed: int) -> tuple[float, float]:
    """Accuracies of the average's network and of the control."""
    import keras
    import tensorflow as tf

    keras.backend.clear_session()
    tf.get_logger().setLevel("ERROR")  # dozens of networks are compiled, one after the other; no need to remark on it
    codes = np.random.default_rng(seed).normal(size=(config.draws, gan.latent_dim)).astype("float32")
    networks = kinv.analysis.averaged_and_control(
        gan, codes, train.images, train.labels, config.retrain_epochs,
        batch_size=config.batch_size, learning_rate=config.retrain_rate, seed=seed,
    )  # fmt: skip
    averaged, control = (kinv.analysis.accuracy(network, test.images, test.labels, 500) for network in networks)
    return averaged, control


if __name__ == "__main__":
    main(run, __doc__)
