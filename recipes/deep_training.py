"""What the recipes of deep belief nets and denoising autoencoders share: data, greedy training, fine-tuning."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import kinv
from kinv import analysis, data
from kinv.figures import deep_units
from kinv.hub.checkpoint import Checkpoint
from kinv.models.greedy_stack import GreedyStack
from recipes.material import Labelled
from recipes.provenance import as_json, hardware
from recipes.training import cosine, fit

CARDS = Path(__file__).parents[1] / "hub_cards"
GREEDY_COLUMNS = {"layer": "layer", "reconstruction_error": "error"}
TUNING_COLUMNS = {"loss": "loss", "accuracy": "accuracy"}
AT_A_TIME = 10  # steps that run without a look back


def seeded(config: Any) -> float:
    """Sets the seeds of everything; returns the time, in seconds."""
    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()
    return time.monotonic()


def learn_greedily(stack: GreedyStack, train: Labelled, config: Any, name: str) -> Checkpoint:
    """Trains a stack on pictures or, if the recipe says so, on deformed digits; returns the checkpoint."""
    stack.compile(keras.optimizers.SGD(config.learning_rate, config.momentum), steps_per_execution=AT_A_TIME)
    run = {**as_json(config), "pictures": train.source.description}
    checkpoint = Checkpoint(config.checkpoints / name, run=run)
    vectors = data.as_vectors(train.images)
    steps = max(1, len(vectors) // config.batch_size)
    batches = None
    if config.deformed:

        def batches(first):
            return data.deformed_mnist(config.batch_size, seed=config.seed, first_batch=first)

    fit(stack, vectors, train.labels, config, checkpoint, GREEDY_COLUMNS, steps_per_epoch=steps, batches=batches)
    return checkpoint


def fine_tune(
    stack: GreedyStack, train: Labelled, test: Labelled, config: Any, name: str
) -> tuple[keras.Model, dict[str, float], Checkpoint]:
    """Turns a stack into a classifier and trains it; returns it, its test error and the checkpoint."""
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
        steps_per_execution=AT_A_TIME,
    )
    run = {**as_json(config), "pictures": train.source.description, "tuning": True}
    checkpoint = Checkpoint(config.checkpoints / f"{name}_tuning", run=run)
    batches = None
    if config.deformed:

        def batches(first):
            stream = data.deformed_mnist(config.tune_batch_size, seed=config.seed + 1, first_batch=first)
            return stream.map(lambda digits, labels: (255 * tf.reshape(digits, (-1, *shape)), labels))

    print("Fine-tuning ...", flush=True)
    columns = TUNING_COLUMNS
    fit(classifier, train.images, train.labels, tuning, checkpoint, columns, steps_per_epoch=steps, batches=batches)
    return classifier, {"test_error": 1 - analysis.accuracy(classifier, test.images, test.labels, 500)}, checkpoint


def keep(
    model: Any,
    name: str,
    recipe: str,
    card: str,
    config: Any,
    metrics: dict[str, float],
    data_from: dict[str, str],
    figures: dict[str, Any],
    started: float,
) -> Path:
    """Writes the artifact: weights as float16, without a SavedModel, which would double it."""
    metadata = {
        "name": name,
        "recipe": recipe,
        "config": as_json(config),
        "seed": config.seed,
        "metrics": metrics,
        "data": data_from,
        "minutes": round((time.monotonic() - started) / 60, 1),
        "hardware": hardware(),
    }
    writers = {file_name: figure.savefig for file_name, figure in figures.items()}
    text = (CARDS / card).read_text(encoding="utf-8")
    folder = kinv.save(model, config.output / name, metadata, writers, text, half=True, saved_model=False)
    print(f"\nArtifact: {folder}\nPictures: {folder / 'figures'}")
    return folder


def stack_figures(stack: GreedyStack, test: Labelled, shape: tuple[int, int], shown: int = 36) -> dict[str, Any]:
    """First-layer filters, and pictures beside their reconstructions from the uppermost layer."""
    pictures = np.asarray(test.images[:shown], "float32")
    again = np.asarray(stack.reconstruct(data.as_vectors(pictures)))
    kernel = keras.ops.convert_to_numpy(stack.blocks[0].kernel)
    return {
        "filters.png": deep_units.filters(kernel, shape, title="weights of units of the first layer"),
        "reconstructions.png": deep_units.sheets(
            {"pictures": pictures[..., 0], "from the uppermost layer": 255 * again.reshape(-1, *shape)}
        ),
    }
