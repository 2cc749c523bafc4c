"""Training as every recipe does it: it goes on where it was stopped, and prints a line an epoch."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from kinv import training
from kinv.training.checkpoint import Checkpoint

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
    first: Sequence[keras.callbacks.Callback] = (),
    batches: Callable[[int], Any] | None = None,
    **more: Any,
) -> None:
    """Fits a compiled model on shuffled batches, with a checkpoint after every epoch.

    Args:
        model: compiled.
        pictures, answers: as `training.shuffled_batches` takes them.
        config: the recipe's; its `epochs`, `batch_size` and `seed` are used, and `steps_per_epoch` unless it is given.
        checkpoint: where to go on from; the caller forgets it once what was learned is kept.
        columns: metric name to column title.
        callbacks, first: more of them, after and before those that keep and print an epoch's numbers.
        batches: other batches than those of `pictures` and `answers`: a function of how many to leave out at the start.
        **more: what else `model.fit` takes.
    """
    steps = steps_per_epoch or config.steps_per_epoch
    begin = checkpoint.restore(model)
    if begin:
        print(f"Going on after epoch {begin} ({checkpoint.folder})")
    if batches is None:
        stream = training.shuffled_batches(pictures, answers, config.batch_size, config.seed, first_step=begin * steps)
    else:
        stream = batches(begin * steps)
    model.fit(
        stream,
        epochs=config.epochs,
        steps_per_epoch=steps,
        initial_epoch=begin,
        callbacks=[*first, checkpoint, Progress(columns), *callbacks],
        shuffle=False,
        verbose=0,
        **more,
    )


def steps_at_a_time(steps_per_epoch: int, most: int = 16) -> int:
    """For `steps_per_execution`: how many steps may run without a look back.

    A divisor: Keras does not cut the last execution of an epoch, so that it would train, and skip when it goes on, more
    steps than it was told.
    """
    return max(count for count in range(1, most + 1) if steps_per_epoch % count == 0)


def cosine(config: Any, last: float = 0.0, steps_per_epoch: int | None = None) -> Any:
    """The rate of a whole training: from `config.learning_rate` along a cosine to the share `last` of it."""
    steps = config.epochs * (steps_per_epoch or config.steps_per_epoch)
    return keras.optimizers.schedules.CosineDecay(config.learning_rate, steps, last)
