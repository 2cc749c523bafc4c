"""Resumes interrupted training where it stopped, with bit-identical results."""

import json
import os
from pathlib import Path
from typing import Any

import keras

from kinv.locks import NAME, FolderLock, is_empty

from .weights_file import save_weights, write_whole


class Checkpoint(keras.callbacks.Callback):
    """Keeps the whole state of training after every epoch, so that a killed `fit` can be resumed.

    Unlike `keras.callbacks.BackupAndRestore`, weights and position change in one atomic step, so that a kill at
    any moment leaves a consistent state, and the training curves so far are kept as well. From `restore` to the end of
    training, no other process can use the folder.

    Args:
        folder: the folder to keep it in.
        run: what identifies the run, as JSON values; a checkpoint of another run is not resumed.

    Example: `checkpoint.restore(model)` returns the epoch to resume from::

        checkpoint = Checkpoint("runs/mine", run={"seed": 0})
        model.fit(dataset, epochs=10, initial_epoch=checkpoint.restore(model), callbacks=[checkpoint])
        checkpoint.history                     # of all epochs, also those before the interruption
    """

    STATE = "checkpoint.json"

    def __init__(self, folder: str | os.PathLike, run: Any = None):
        super().__init__()
        self.folder, self.run = Path(folder), json.loads(json.dumps(run))
        self.history: dict[str, list[float]] = {}
        self._lock = FolderLock(self.folder)

    def restore(self, model: keras.Model) -> int:
        """Restores the saved state into a compiled model; returns the epoch to start from, 0 if there is none.

        Raises:
            ValueError: if the folder holds the checkpoint of another run, or another run is using it.
        """
        path = self.folder / self.STATE
        if not path.is_file():
            return 0
        self._lock.acquire()
        try:
            return self._restore(model, path)
        except BaseException:
            self._lock.release()
            raise

    def _restore(self, model, path):
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
            run, weights, epoch, history = (state[key] for key in ("run", "weights", "epoch", "history"))
            if not (isinstance(weights, str) and isinstance(epoch, int) and isinstance(history, dict)):
                raise TypeError("weights, epoch or history is of another type")
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise ValueError(f"{path} is damaged ({error!r}): delete {self.folder} to start again.") from None
        if run != self.run:
            raise ValueError(
                f"{self.folder} holds an unfinished run with other settings: {_difference(run, self.run)}. "
                "Resume it with those settings, or delete the folder to start again."
            )
        if not (self.folder / weights).is_file():
            raise ValueError(f"{self.folder} names {weights}, which is not there: delete the folder to start again.")
        if model.optimizer is not None and not model.optimizer.built:  # several are built in `compile`
            model.optimizer.build(model.trainable_variables)
        model.load_weights(self.folder / weights)
        self.history = history
        return epoch

    def on_train_begin(self, logs=None):
        self._lock.acquire()

    def on_train_end(self, logs=None):
        self._lock.release()

    def on_epoch_end(self, epoch, logs=None):
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
        self.folder.mkdir(parents=True, exist_ok=True)
        weights = f"epoch{epoch + 1}.weights.h5"
        save_weights(self.model, self.folder / weights)
        state = {"epoch": epoch + 1, "weights": weights, "run": self.run, "history": self.history}
        write_whole(self.folder / self.STATE, json.dumps(state).encode())
        for file in self.folder.glob("epoch*.weights.h5"):
            if file.name != weights:
                file.unlink()

    def forget(self) -> None:
        """Deletes the checkpoint, once the trained model is saved elsewhere."""
        drafts = [*self.folder.glob(".epoch*.weights.h5"), self.folder / f".{self.STATE}"]  # left by a kill
        # the state first: it names weights, which must be there as long as it is
        for file in (self.folder / self.STATE, *self.folder.glob("epoch*.weights.h5"), *drafts):
            file.unlink(missing_ok=True)
        self._lock.release()
        if self.folder.is_dir() and is_empty(self.folder):
            (self.folder / NAME).unlink(missing_ok=True)
            self.folder.rmdir()


def _difference(kept: Any, asked: Any) -> str:
    if not isinstance(kept, dict) or not isinstance(asked, dict):
        return f"{kept!r} instead of {asked!r}"
    keys = [key for key in {**kept, **asked} if kept.get(key) != asked.get(key)]
    return ", ".join(f"{key}={kept.get(key)!r} instead of {asked.get(key)!r}" for key in keys)
