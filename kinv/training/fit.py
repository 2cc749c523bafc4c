"""Training that goes on where it was stopped, and prints a line an epoch."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from .batches import shuffled_batches
from .checkpoint import Checkpoint
from .progress import Progress


def fit(
    model: keras.Model,
    images: Any,
    targets: Any,
    *,
    epochs: int,
    steps_per_epoch: int,
    batch_size: int,
    seed: int,
    checkpoint: Checkpoint,
    columns: Mapping[str, str],
    callbacks: Sequence[keras.callbacks.Callback] = (),
    first: Sequence[keras.callbacks.Callback] = (),
    batches: Callable[[int], Any] | None = None,
    **more: Any,
) -> None:
    """Fits a compiled model on shuffled batches, with a checkpoint after every epoch.

    Args:
        model: compiled.
        images, targets: as `shuffled_batches` takes them.
        epochs, steps_per_epoch: how long.
        batch_size, seed: of the batches.
        checkpoint: where to go on from; the caller forgets it once what was learned is kept.
        columns: metric name to column title.
        callbacks, first: more of them, after and before those that keep and print an epoch's numbers.
        batches: other batches than those of `images` and `targets`: a function of how many to leave out at the start.
        **more: what else `model.fit` takes.
    """
    begin = checkpoint.restore(model)
    if begin:
        print(f"Going on after epoch {begin} ({checkpoint.folder})")
    left_out = begin * steps_per_epoch
    stream = batches(left_out) if batches else shuffled_batches(images, targets, batch_size, seed, first_step=left_out)
    model.fit(
        stream,
        epochs=epochs,
        steps_per_epoch=steps_per_epoch,
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
