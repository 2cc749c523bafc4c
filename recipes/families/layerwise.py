"""Deep belief nets and stacks of denoising autoencoders: greedy training, fine-tuning, and what is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import kinv
from recipes.experiment.experiment import Config, Experiment
from recipes.experiment.material import Labelled, sources
from recipes.experiment.naming import data_words

LISA = {"dbn": 0.0134, "sdae": 0.0130}  # test errors on MNIST in the LISA deep learning tutorials
GREEDY_COLUMNS = {"layer": "layer", "reconstruction_error": "error"}
TUNING_COLUMNS = {"loss": "loss", "accuracy": "accuracy"}
SHOWN = 36  # images beside their reconstructions
SOURCES = {"rotated": "rotated_mnist"}  # what kinv calls data sets that recipes have another word for


@dataclass(frozen=True)
class GreedyConfig(Config):
    """Greedy training, layer by layer."""

    units: tuple[int, ...] = (1000, 1000, 1000)  # of the hidden layers
    epochs: int = 10  # for every layer
    batch_size: int = 100
    learning_rate: float = 0.1  # SGD, with a cosine to zero for every layer
    momentum: float = 0.0
    upper_rate: float | None = None  # of the layers above the first, where it is another


@dataclass(frozen=True)
class DeepConfig(GreedyConfig):
    """Greedy training on labelled images, then fine-tuning."""

    data: str = "mnist"
    deformed: bool = False  # whether images are deformed at random, in greedy training and in fine-tuning
    tune_epochs: int = 20  # of fine-tuning
    tune_batch_size: int = 100
    tune_rate: float = 0.1  # SGD with momentum, and a cosine to zero
    tune_momentum: float = 0.9


SILHOUETTES = {  # of both recipes
    "data": "silhouettes",
    "deformed": False,
    "units": (500, 500, 500),
    "epochs": 40,
    "batch_size": 50,
    "tune_batch_size": 50,
    "tune_rate": 0.03,
}


def learn_greedily(stack: Any, images: Any, labels: Any, experiment: Experiment, description: str, source: Any) -> None:
    """Trains a stack layer by layer on vectors or, if the recipe says so, on deformed digits.

    Args:
        stack: with random weights.
        images: vectors `(N, V)`.
        labels: of them, which only accompany them.
        experiment: the recipe's.
        description: of the data, which identifies the training.
        source: of the digits that are deformed, or None.
    """
    import keras

    from kinv.training import steps_at_a_time

    config = experiment.config
    steps = max(1, len(images) // config.batch_size)
    rates = [config.learning_rate, *[config.upper_rate or config.learning_rate] * (len(config.units) - 1)]
    schedules = [keras.optimizers.schedules.CosineDecay(rate, config.epochs * steps) for rate in rates]
    optimizers = [keras.optimizers.SGD(schedule, config.momentum) for schedule in schedules]
    stack.compile(optimizers, steps_per_execution=steps_at_a_time(steps))

    def deformed(first):
        settings = {"source": source, "seed": config.seed, "first_batch": first}
        return kinv.data.deformed_mnist(config.batch_size, **settings)

    experiment.fit(
        stack, images, labels, GREEDY_COLUMNS, steps_per_epoch=steps, batches=deformed if source else None,
        run={"images": description},
    )  # fmt: skip


def fine_tune(stack: Any, train: Labelled, experiment: Experiment) -> Any:
    """Turns a stack into a classifier and trains it; returns it."""
    import keras
    import tensorflow as tf

    from kinv.training import steps_at_a_time

    config, shape = experiment.config, train.images.shape[1:]
    classifier = stack.classifier(int(train.labels.max()) + 1, shape, name=f"{experiment.name}_classifier")
    steps = max(1, len(train.images) // config.tune_batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(config.tune_rate, config.tune_epochs * steps)
    classifier.compile(
        keras.optimizers.SGD(schedule, config.tune_momentum),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=steps_at_a_time(steps),
    )

    def deformed(first):
        settings = {"source": train.source, "seed": config.seed + 1, "first_batch": first}
        stream = kinv.data.deformed_mnist(config.tune_batch_size, **settings)
        return stream.map(lambda digits, labels: (255 * tf.reshape(digits, (-1, *shape)), labels))

    print("Fine-tuning ...", flush=True)
    experiment.fit(
        classifier, train.images, train.labels, TUNING_COLUMNS, epochs=config.tune_epochs, steps_per_epoch=steps,
        batch_size=config.tune_batch_size, batches=deformed if config.deformed else None,
        run={"images": train.source.description, "tuning": True},
    )  # fmt: skip
    return classifier


def train_and_keep(
    stack: Any, train: Labelled, test: Labelled, experiment: Experiment, kind: str, holds: str = "stack",
    samples: int = 0,
) -> dict[str, float]:  # fmt: skip
    """Trains a new stack, fine-tunes it and keeps the artifact `kind_data`; returns the metrics.

    Args:
        stack: with random weights.
        train, test: images.
        experiment: the recipe's.
        kind: `dbn` or `sdae`.
        holds: what the artifact holds: the `stack` before fine-tuning, or the `classifier` that this makes.
        samples: steps of Gibbs sampling for a figure of samples; 0: none.
    """
    config = experiment.config
    experiment.about(kind, data_words(train.source, len(train.labels), config.limit))
    vectors = kinv.data.as_vectors(train.images)
    source = train.source if config.deformed else None
    learn_greedily(stack, vectors, train.labels, experiment, train.source.description, source)
    figures = stack_figures(stack, test, experiment.name, experiment.config.seed, samples)
    classifier = fine_tune(stack, train, experiment)
    if holds == "classifier":  # as the artifact keeps it
        classifier.set_weights([weights.astype("float16") for weights in classifier.get_weights()])
    metrics = {"test_error": 1 - kinv.analysis.accuracy(classifier, test.images, test.labels, 500)}
    origin = sources(train.source, test=test.source)
    if config.deformed:
        origin["train"] = f"elastically deformed: {origin['train']}"
    experiment.keep_artifact(
        classifier if holds == "classifier" else stack, metrics, figures,
        known={"kind": kind, "holds": holds, "data": origin},
        half=True, saved_model=False,  # it would double the artifact; `kinv export` makes one
    )  # fmt: skip
    beside = f" (LISA tutorials: {LISA[kind]:.2%})" if train.source.name == "mnist" else ""
    print(f"Test error after fine-tuning: {metrics['test_error']:.2%}{beside}")
    return metrics


def stack_figures(stack: Any, test: Labelled, name: str, seed: int, samples: int = 0) -> Mapping[str, Any]:
    """First-layer filters, images beside their reconstructions from the uppermost layer, and samples."""
    import keras

    from kinv.models.layerwise import figures as deep_units

    chosen = np.linspace(0, len(test.images) - 1, min(SHOWN, len(test.images))).astype(int)  # some come class by class
    images = np.asarray(test.images[chosen], "float32")
    shape: Sequence[int] = images.shape[1:3]
    again = np.asarray(stack.reconstruct(kinv.data.as_vectors(images)))
    kernel = keras.ops.convert_to_numpy(stack.blocks[0].kernel)
    figures = {
        "filters.png": deep_units.filters(kernel, shape, title=f"{name}: weights of 100 units of the first layer"),
        "reconstructions.png": deep_units.sheets(
            {"held-out images": images[..., 0], "from the uppermost layer": 255 * again.reshape(-1, *shape)},
            f"{name}: reconstructions",
        ),
    }
    if samples:
        _, means = stack.sample(SHOWN, samples, seed)
        figures["samples.png"] = deep_units.sheets(
            {f"{name}: samples, as means": 255 * np.asarray(means).reshape(-1, *shape)}
        )
    return figures
