"""What the average of generated filters costs: section 5.2 of the Filter GAN paper with many seeds, in pairs.

    python -m recipes.filter_gan_control                    # default: layer conv4, 8 seeds, 40 minutes of one core
    python -m recipes.filter_gan_control --layer conv2
    python -m recipes.filter_gan_control --preset smoke     # seconds: does it run?

Takes the artifact that `recipes.filter_gan_mnist` made. Every seed has its own draws and its own order of digits. Three
networks are retrained above the layer in the same way: with the average of its draws, with the average of as many sets
of whitened noise that move outputs as far, and with the real filters (the control). One seed moves an accuracy by more
than the average costs: only the mean of the differences tells. Stopped and started again, it goes on where it was.
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
from recipes.experiment.material import Labelled, evenly, load_digits
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


ARMS = {
    "averaged": "average of {} sets of filters",
    "noise": "average of {} sets of whitened noise that move outputs as far",
    "control": "control: its own filters",
}
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
        print(f"seed {seed}: " + ", ".join(f"{arm} {share:.2%}" for arm, share in found[-1].items()), flush=True)
    arms = {arm: np.array([shares[arm] for shares in found]) for arm in ARMS}
    metrics = {arm: float(shares.mean()) for arm, shares in arms.items()}
    for arm in ("averaged", "noise"):
        difference = arms[arm] - arms["control"]
        metrics[f"{arm}_difference"] = float(difference.mean())
        metrics[f"{arm}_standard_error"] = float(difference.std(ddof=1) / np.sqrt(len(difference)))
    title = f"{config.layer}, {config.seeds} seeds, layers above retrained"
    table = Table("", "mean accuracy", "less the control, in points", title=title)
    for arm, words in ARMS.items():
        points = ""
        if arm != "control":
            points = f"{100 * metrics[f'{arm}_difference']:+.3f} ± {100 * metrics[f'{arm}_standard_error']:.3f}"
        table.add_row(words.format(config.draws), f"{metrics[arm]:.3%}", points)
    Console().print(table)
    experiment.keep_results({**metrics, "seeds": found}, {})
    return metrics


def measure(gan: Any, train: Labelled, test: Labelled, config: Config, seed: int) -> dict[str, float]:
    """Accuracies of the three networks."""
    import keras
    import tensorflow as tf

    from kinv.analysis.filters.baselines import at_movement, whitened
    from kinv.analysis.filters.quality import MOMENTS_OF, retrain_above
    from kinv.classifiers.patch_moments import patch_moments

    keras.backend.clear_session()
    tf.get_logger().setLevel("ERROR")  # dozens of networks are compiled, one after the other; no need to remark on it
    random, cut = np.random.default_rng(seed), gan.cut.require("measure")
    moments = patch_moments(cut, train.images[evenly(len(train.images), MOMENTS_OF)])
    codes = gan.draw_codes(config.draws, random)
    generated = np.asarray(gan.generate_filters(codes))
    movement = float(moments.movements(generated).mean())
    noise = at_movement(whitened(moments, config.draws, random), moments, movement)
    sets = {"averaged": generated.mean(axis=0), "noise": noise.mean(axis=0), "control": moments.kernel}
    found = {}
    for arm, kernel in sets.items():
        network = cut.copy(kernel.astype("float32"))
        if config.retrain_epochs:
            retrain_above(
                network, gan.layer, train.images, train.labels, config.retrain_epochs,
                batch_size=config.batch_size, learning_rate=config.retrain_rate, seed=seed,
            )  # fmt: skip
        found[arm] = kinv.analysis.accuracy(network, test.images, test.labels, 500)
    return found


if __name__ == "__main__":
    main(run, __doc__)
