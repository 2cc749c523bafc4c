"""One line per epoch: the position of training, the remaining time, and its metrics."""

import time
from collections.abc import Mapping

import keras


class Progress(keras.callbacks.Callback):
    """Prints one line per epoch, even without a terminal.

    Args:
        columns: column titles by metric name.
    """

    def __init__(self, columns: Mapping[str, str]):
        super().__init__()
        self.columns = columns

    def on_train_begin(self, logs=None):
        self.start, self.done = time.monotonic(), 0
        titles = "  ".join(f"{title:>10}" for title in self.columns.values())
        print(f"{'epoch':>9}  {titles}  {'left':>6}", flush=True)

    def on_epoch_end(self, epoch, logs=None):
        self.done += 1
        total = self.params["epochs"]
        left = (time.monotonic() - self.start) / self.done * (total - epoch - 1)
        values = "  ".join(f"{(logs or {}).get(name, float('nan')):10.3f}" for name in self.columns)
        print(f"{epoch + 1:>4}/{total:<4}  {values}  {int(left) // 60:>3}:{int(left) % 60:02d}", flush=True)
