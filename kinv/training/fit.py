"""Training that resumes where it was stopped, and prints one line per epoch."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from kinv.locks import FolderLock

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
        model: a compiled model.
        images, targets: as `shuffled_batches` takes them.
        epochs, steps_per_epoch: the length of training.
        batch_size, seed: size and seed of the batches.
        checkpoint: the checkpoint to resume from; the caller deletes it with `forget` once the model is saved.
        columns: column titles by metric name.
        callbacks, first: further callbacks, after and before those that save and print the metrics of an epoch.
        batches: replaces the batches of `images` and `targets`: a function of how many to skip at the start.
        **more: further arguments of `model.fit`.

    Raises:
        ValueError: another run is using the folder of the checkpoint, or that is of another run.
    """
    with FolderLock(checkpoint.folder):
        begin = checkpoint.restore(model)
        if begin:
            print(f"Going on after epoch {begin} ({checkpoint.folder})")
        done = begin * steps_per_epoch
        stream = batches(done) if batches else shuffled_batches(images, targets, batch_size, seed, first_step=done)
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
    """A value for `steps_per_execution`: how many steps run at once.

    It divides the steps of an epoch. Keras does not shorten the last execution of an epoch: it would otherwise train
    more steps than asked for, and skip too many when it resumes.
    """
    return max(count for count in range(1, most + 1) if steps_per_epoch % count == 0)
