"""What the recipes of deep belief nets and denoising autoencoders share: data, greedy training, fine-tuning."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import kinv
from kinv import analysis, data
from kinv.models.layerwise import figures as deep_units
from kinv.models.layerwise.greedy_stack import GreedyStack
from kinv.training.checkpoint import Checkpoint
from recipes import cards
from recipes.material import Labelled, digits_suffix, sources
from recipes.provenance import as_json, hardware
from recipes.training import cosine, fit, steps_at_a_time

LISA = {"dbn": "1.34%", "sdae": "1.30%"}  # test errors on MNIST in the LISA deep learning tutorials
FAMILIES = {
    "dbn": "a deep belief net (Hinton, Osindero and Teh 2006)",
    "sdae": "a stack of denoising autoencoders (Vincent et al. 2008)",
}
GREEDY_COLUMNS = {"layer": "layer", "reconstruction_error": "error"}
TUNING_COLUMNS = {"loss": "loss", "accuracy": "accuracy"}


def seeded(config: Any) -> float:
    """Sets the seeds of everything; returns the time, in seconds."""
    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()
    return time.monotonic()


def layer_optimizers(config: Any, steps: int) -> list[keras.optimizers.Optimizer]:
    """One for each layer of a stack; `steps` make an epoch."""
    above = replace(config, learning_rate=config.upper_rate or config.learning_rate)
    return [
        keras.optimizers.SGD(cosine(one, steps_per_epoch=steps), config.momentum)
        for one in (config, *[above] * (len(config.units) - 1))
    ]


def learn_greedily(stack: GreedyStack, train: Labelled, config: Any, name: str) -> Checkpoint:
    """Trains a stack on pictures or, if the recipe says so, on deformed digits; returns the checkpoint."""
    vectors = data.as_vectors(train.images)
    steps = max(1, len(vectors) // config.batch_size)
    stack.compile(layer_optimizers(config, steps), steps_per_execution=steps_at_a_time(steps))
    run = {**as_json(config), "pictures": train.source.description}
    checkpoint = Checkpoint(config.checkpoints / name, run=run)

    def deformed(first):
        return data.deformed_mnist(config.batch_size, source=train.source, seed=config.seed, first_batch=first)

    more: dict[str, Any] = {"steps_per_epoch": steps, "batches": deformed if config.deformed else None}
    fit(stack, vectors, train.labels, config, checkpoint, GREEDY_COLUMNS, **more)
    return checkpoint


def fine_tune(stack: GreedyStack, train: Labelled, config: Any, name: str) -> tuple[keras.Model, Checkpoint]:
    """Turns a stack into a classifier and trains it; returns it and the checkpoint."""
    shape = train.images.shape[1:]
    classifier = stack.classifier(int(train.labels.max()) + 1, shape, name=f"{name}_classifier")
    tuning = replace(
        config, epochs=config.tune_epochs, batch_size=config.tune_batch_size, learning_rate=config.tune_rate
    )
    steps = max(1, len(train.images) // config.tune_batch_size)
    classifier.compile(
        keras.optimizers.SGD(cosine(tuning, steps_per_epoch=steps), config.tune_momentum),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=steps_at_a_time(steps),
    )
    run = {**as_json(config), "pictures": train.source.description, "tuning": True}
    checkpoint = Checkpoint(config.checkpoints / f"{name}_tuning", run=run)

    def deformed(first):
        settings = {"source": train.source, "seed": config.seed + 1, "first_batch": first}
        stream = data.deformed_mnist(config.tune_batch_size, **settings)
        return stream.map(lambda digits, labels: (255 * tf.reshape(digits, (-1, *shape)), labels))

    print("Fine-tuning ...", flush=True)
    more: dict[str, Any] = {"steps_per_epoch": steps, "batches": deformed if config.deformed else None}
    fit(classifier, train.images, train.labels, tuning, checkpoint, TUNING_COLUMNS, **more)
    return classifier, checkpoint


def finish(
    stack: GreedyStack,
    train: Labelled,
    test: Labelled,
    config: Any,
    kind: str,
    started: float,
    draw: Callable[[GreedyStack], dict[str, Any]],
    keep_classifier: bool = False,
) -> dict[str, float]:
    """Trains a new stack, fine-tunes it and keeps the artifact `kind_data`; returns the metrics.

    Args:
        stack: with random weights.
        train, test: pictures.
        config: the recipe's.
        kind: `dbn` or `sdae`.
        started: when, in seconds.
        draw: gives more figures, by file name, of the trained stack.
        keep_classifier: whether the artifact holds what fine-tuning makes, instead of the layers before it.
    """
    name = f"{kind}_{train.source.name}{digits_suffix(config, train)}"
    checkpoint = learn_greedily(stack, train, config, name)
    figures = {**stack_figures(stack, test), **draw(stack)}
    classifier, tuning = fine_tune(stack, train, config, name)
    if keep_classifier:  # as the artifact keeps it
        classifier.set_weights([weights.astype("float16") for weights in classifier.get_weights()])
    metrics = {"test_error": 1 - analysis.accuracy(classifier, test.images, test.labels, 500)}
    metadata: dict[str, Any] = {
        "name": name,
        "recipe": recipe_of(kind, train.source.name, keep_classifier),
        "config": as_json(config),
        "seed": config.seed,
        "metrics": metrics,
        "data": data_of(train, test, config.deformed),
        "lisa": LISA[kind],
        "family": FAMILIES[kind],
        "minutes": round((time.monotonic() - started) / 60, 1),
        "hardware": hardware(),
    }
    folder = kinv.save(
        classifier if keep_classifier else stack,
        config.output / name,
        metadata,
        {file_name: figure.savefig for file_name, figure in figures.items()},
        cards.template(metadata["recipe"]),
        half=True,
        saved_model=False,  # it would double the artifact; `kinv export` makes one
    )
    checkpoint.forget()
    tuning.forget()
    beside = f" (LISA tutorials: {LISA[kind]})" if train.source.name == "mnist" else ""
    print(f"\nTest error after fine-tuning: {metrics['test_error']:.2%}{beside}")
    print(f"Artifact: {folder}\nPictures: {folder / 'figures'}")
    return metrics


def recipe_of(kind: str, data_name: str, keep_classifier: bool) -> str:
    """The recipe whose artifacts are like this one: with `--data`, that is not always the one that was started."""
    if keep_classifier:
        return f"recipes.{kind}_rotated_mnist"
    return f"recipes.{kind}_{'silhouettes' if data_name == 'silhouettes' else 'mnist'}"


def data_of(train: Labelled, test: Labelled, deformed: bool) -> dict[str, str]:
    """What the metadata says of the data."""
    origin = sources(train, test)
    return {**origin, "train": f"elastically deformed: {origin['train']}"} if deformed else origin


def stack_figures(stack: GreedyStack, test: Labelled, shown: int = 36) -> dict[str, Any]:
    """First-layer filters, and pictures beside their reconstructions from the uppermost layer."""
    chosen = np.linspace(0, len(test.images) - 1, min(shown, len(test.images))).astype(int)  # some come class by class
    pictures = np.asarray(test.images[chosen], "float32")
    shape = pictures.shape[1:3]
    again = np.asarray(stack.reconstruct(data.as_vectors(pictures)))
    kernel = keras.ops.convert_to_numpy(stack.blocks[0].kernel)
    return {
        "filters.png": deep_units.filters(kernel, shape, title="weights of units of the first layer"),
        "reconstructions.png": deep_units.sheets(
            {"pictures": pictures[..., 0], "from the uppermost layer": 255 * again.reshape(-1, *shape)}
        ),
    }
