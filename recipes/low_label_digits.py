"""Do a Filter GAN's invariances help where labels are few? Test errors from 100, 300 and 1,000 labelled digits.

    python -m recipes.low_label_digits                   # default: five seeds each, 45 minutes of one core
    python -m recipes.low_label_digits --preset smoke    # seconds: does it run?

For every number of labels and every seed, `digit_cnn` learns from the labelled digits alone, without and with random
affine augmentation; a Filter GAN learns the filters of one of its layers, from unlabelled digits. Then the layers above
are retrained with affine augmentation: with the real filters; with a set of generated filters at random for each digit,
and their average in the test; with shifted filters that move outputs as far, in the same way; and with counterparts of
half of the digits. So these arms are trained equally long. Nothing of the network that knows all labels is used. Writes
a table and a figure; stopped and started again, it goes on where it was.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Config as BaseConfig
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.experiment.material import Labelled, evenly, load_digits
from recipes.experiment.naming import data_words

ARMS = (
    "no augmentation",
    "affine",
    "generated filters",
    "shifted filters",
    "counterparts",
)  # the last three: and affine


@dataclass(frozen=True)
class Config(BaseConfig):
    """Chosen before the first run."""

    layer: str = "conv4"
    data: str = "mnist"
    output: Path = Path("runs")
    labels: tuple[int, ...] = (100, 300, 1000)
    seeds: int = 5  # from `seed` on
    steps: int = 600  # of learning from labels
    retrain_steps: int = 200  # of the layers above
    batch_size: int = 64
    learning_rate: float = 2e-3  # Adam, with a cosine to zero; a quarter of it for retraining
    shift: float = 0.08  # of the side, random affine
    turn: float = 12.0  # degrees
    zoom: float = 0.1
    gan_steps: int = 500
    gan_rate: float = 2e-3  # RMSprop
    movement: float = 0.8  # see FilterGAN
    share: float = 0.5  # of counterparts among the digits
    moments_of: int = 1000  # unlabelled digits, for the movement of shifted filters
    draws: int = 10  # sets of filters in the pooling


PRESETS = presets(
    default=Config(),
    smoke=Config(limit=128, labels=(20, 30), seeds=1, steps=2, retrain_steps=2, batch_size=8, gan_steps=2, draws=2),
    paper=Config(),
)


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> list[dict[str, Any]]:
    """Measures every number of labels with every seed; returns the errors."""
    import keras
    import tensorflow as tf

    from kinv.models.filter_gan import figures
    from recipes.families.filter_gan_report import print_errors

    tf.get_logger().setLevel("ERROR")  # dozens of networks are compiled, one after the other; no need to remark on it
    train, test = load_digits(config.data, config.download, config.limit)
    experiment.about("low_label_digits", data_words(train.source, len(train.labels), config.limit))
    rows = []
    for count in config.labels:
        for seed in range(config.seed, config.seed + config.seeds):
            part = experiment.part(labels=(count,), seeds=1, seed=seed)
            measured = partial(measure, count, seed, train, test, config)
            errors = part.once(measured, digits=train.source.description)
            rows.append({"labels": count, "seed": seed, **errors})
            keras.backend.clear_session()
            values = ", ".join(f"{arm} {errors[arm]:.2%}" for arm in ARMS)
            print(f"{count:>5} labels, seed {seed}: errors {values}", flush=True)
    experiment.keep_results(
        rows,
        {
            "errors.png": figures.errors_against_labels(
                rows, ARMS, "Digits from few labels: with and without other filters"
            )
        },
    )
    print_errors(rows, ARMS)
    return rows


def measure(count: int, seed: int, train: Labelled, test: Labelled, config: Config) -> dict[str, float]:
    """Test errors of all arms, from `count` labelled digits, as many of each class as there can be."""
    import keras

    from kinv.analysis.filters.baselines import at_movement, shifted
    from kinv.classifiers.patch_moments import patch_moments
    from kinv.models.filter_gan import InvariancePooling
    from kinv.surgery.cut import freeze_up_to

    keras.utils.set_random_seed(seed)
    chosen = _balanced(train.labels, count, np.random.default_rng(seed))
    images, labels = train.images[chosen], train.labels[chosen]
    affine = keras.Sequential(
        [
            keras.layers.RandomTranslation(config.shift, config.shift, fill_mode="constant", seed=seed),
            keras.layers.RandomRotation(config.turn / 360, fill_mode="constant", seed=seed + 1),
            keras.layers.RandomZoom(config.zoom, fill_mode="constant", seed=seed + 2),
        ]
    )

    def learn(network, changes, steps, learning_rate):
        batches = kinv.training.shuffled_batches(images, labels, config.batch_size, seed)
        for change in changes:
            batches = batches.map(lambda x, y, change=change: (change(x), y))
        schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
        network.compile(keras.optimizers.Adam(schedule), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        network.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)

    def error_above(network, *more):
        freeze_up_to(network, config.layer)
        learn(network, (moved, *more), config.retrain_steps, config.learning_rate / 4)
        return error(network)

    def moved(x):
        return affine(x, training=True)

    def error(network):
        return 1 - kinv.analysis.accuracy(network, test.images, test.labels, batch_size=500)

    plain, classifier = kinv.classifiers.build("digit_cnn"), kinv.classifiers.build("digit_cnn")
    learn(plain, (), config.steps + config.retrain_steps, config.learning_rate)
    learn(classifier, (moved,), config.steps, config.learning_rate)
    gan = kinv.models.FilterGAN(classifier, config.layer, movement=config.movement, seed=seed)
    gan.compile({name: keras.optimizers.RMSprop(config.gan_rate) for name in kinv.models.filter_gan.NETWORKS})
    gan.adapt(train.images)
    unlabelled = kinv.training.shuffled_batches(train.images, train.labels, config.batch_size, seed)
    gan.fit(unlabelled, steps_per_epoch=config.gan_steps, shuffle=False, verbose=0)
    cut, random = gan.cut.require("measure"), np.random.default_rng(seed)
    moments = patch_moments(cut, train.images[evenly(len(train.images), config.moments_of)])
    sets = at_movement(shifted(moments, config.draws, random), moments, config.movement)
    like = {"stochastic": True, "seed": seed}
    of_shifted = cut.copy_with(InvariancePooling.like(cut.layer, sets.astype("float32"), **like))
    of_generated = gan.pooled_classifier(config.draws, **like)
    draw = keras.random.SeedGenerator(seed)

    def seen(x):
        size = keras.ops.shape(x)[0]
        z = keras.random.normal((size, gan.latent_dim), seed=draw)
        changed = keras.random.uniform((size, 1, 1, 1), seed=draw) < config.share
        return keras.ops.where(changed, gan.counterpart(x, z), x)

    return {
        "no augmentation": error(plain),
        "generated filters": error_above(of_generated),
        "shifted filters": error_above(of_shifted),
        "counterparts": error_above(cut.copy(cut.kernel()), seen),
        "affine": error_above(classifier),
    }


def _balanced(labels, count, random):
    """Indices of `count` digits, classes in turn."""
    orders = [random.permutation([index for index, label in enumerate(labels) if label == k]) for k in range(10)]
    in_turn = [order[place] for place in range(max(map(len, orders))) for order in orders if place < len(order)]
    return [int(index) for index in in_turn[:count]]


if __name__ == "__main__":
    main(run, __doc__)
