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

from recipes.command_line import main
from recipes.kept import measure_once
from recipes.material import Labelled, digits_suffix, load_digits


@dataclass(frozen=True)
class Config:
    """As in `recipes.filter_gan_mnist`."""

    preset: Literal["smoke", "default", "paper"] = "default"
    layer: Literal["conv4", "conv2"] = "conv4"  # paper: the 4th and the 2nd convolution
    data: str = "mnist"
    download: bool = False  # lets MNIST be fetched
    limit: int | None = None  # digits to retrain with, and to test with
    output: Path = Path("runs")
    seed: int = 0  # the first of them

    seeds: int = 8
    draws: int = 10  # paper, section 5.2
    retrain_epochs: int = 2
    batch_size: int = 128
    retrain_rate: float = 5e-4  # Adam, with a cosine to zero


PRESETS = {
    "default": Config(),
    "smoke": Config(limit=64, seeds=2, retrain_epochs=1, batch_size=16),
    "paper": Config(),
}


def run(config: Config) -> dict[str, float]:
    """Measures every seed; returns the mean accuracies, their mean difference and its standard error."""
    import kinv.backend

    # isort: split
    import numpy as np
    from rich.console import Console
    from rich.table import Table

    import kinv
    from kinv import classifiers
    from recipes.provenance import as_json, describe

    if config.seeds < 2:
        raise ValueError(f"A standard error needs at least 2 seeds, received {config.seeds}.")
    train, test = load_digits(config)
    name, classifier = f"filter_gan_mnist_{config.layer}", classifiers.load("digit_cnn")
    gan = kinv.load(name)
    gan.set_classifier(classifier)
    settings = {key: value for key, value in as_json(config).items() if key not in ("seed", "seeds")}
    manifest = (kinv.hub.find(name) / "manifest.json").read_bytes()  # it has the sha256 of all files
    found = []
    for seed in range(config.seed, config.seed + config.seeds):
        run = {**settings, "seed": seed, "digits": train.source.description, "classifier": describe(classifier)}
        run["artifact"] = hashlib.sha256(manifest).hexdigest()
        path = config.output / f"filter_gan_control_{config.layer}{digits_suffix(config, train)}" / f"seed{seed}.json"
        found.append(measure_once(path, run, partial(measure, gan, train, test, config, seed)))
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
    table.add_row(
        "difference, in points", f"{100 * metrics['difference']:+.3f} ± {100 * metrics['standard_error']:.3f}"
    )
    Console().print(table)
    return metrics


def measure(gan: Any, train: Labelled, test: Labelled, config: Config, seed: int) -> tuple[float, float]:
    """Accuracies of the average's network and of the control."""
    import keras
    import numpy as np
    import tensorflow as tf

    from kinv import analysis

    keras.backend.clear_session()
    tf.get_logger().setLevel("ERROR")  # dozens of networks are compiled, one after the other; no need to remark on it
    codes = np.random.default_rng(seed).normal(size=(config.draws, gan.latent_dim)).astype("float32")
    settings = {"batch_size": config.batch_size, "learning_rate": config.retrain_rate, "seed": seed}
    networks = analysis.averaged_and_control(gan, codes, train.images, train.labels, config.retrain_epochs, **settings)
    averaged, control = (analysis.accuracy(network, test.images, test.labels, 500) for network in networks)
    return averaged, control


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
