"""Training as every recipe does it: it goes on where it was stopped, and prints a line an epoch."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from kinv import data
from kinv.hub.checkpoint import Checkpoint

from .progress import Progress


def fit(
    model: keras.Model,
    pictures: Any,
    answers: np.ndarray,
    config: Any,
    checkpoint: Checkpoint,
    columns: dict[str, str],
    *,
    steps_per_epoch: int | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    batches: Callable[[int], Any] | None = None,
    **more: Any,
) -> None:
    """Fits a compiled model on shuffled batches, with a checkpoint after every epoch.

    Args:
        model: compiled.
        pictures, answers: as `data.shuffled_batches` takes them.
        config: the recipe's; its `epochs`, `batch_size` and `seed` are used, and `steps_per_epoch` unless it is given.
        checkpoint: where to go on from; the caller forgets it once what was learned is kept.
        columns: metric name to column title.
        callbacks: more of them.
        batches: other batches than those of `pictures` and `answers`: a function of how many to leave out at the start.
        **more: what else `model.fit` takes.
    """
    steps = steps_per_epoch or config.steps_per_epoch
    first = checkpoint.restore(model)
    if first:
        print(f"Going on after epoch {first} of {config.epochs} ({checkpoint.folder})")
    if batches is None:
        stream = data.shuffled_batches(pictures, answers, config.batch_size, config.seed, first_step=first * steps)
    else:
        stream = batches(first * steps)
    model.fit(
        stream,
        epochs=config.epochs,
        steps_per_epoch=steps,
        initial_epoch=first,
        callbacks=[checkpoint, Progress(columns), *callbacks],
        shuffle=False,
        verbose=0,
        **more,
    )


def cosine(config: Any, last: float = 0.0, steps_per_epoch: int | None = None) -> Any:
    """The rate of a whole training: from `config.learning_rate` along a cosine to the share `last` of it."""
    steps = config.epochs * (steps_per_epoch or config.steps_per_epoch)
    return keras.optimizers.schedules.CosineDecay(config.learning_rate, steps, last)
