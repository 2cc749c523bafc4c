"""Contrastive divergence beside scikit-learn and a plain NumPy loop: seconds for 60,000 images.

    python benchmarks/rbm.py                     # prints a table; four minutes on two cores

CD-1 with 784 visible and 500 hidden units at batches of 20 and of 100, on random images as sparse as digits (the time
does not depend on what is on them). scikit-learn's `BernoulliRBM` runs with float64, its default, and with float32.
NumPy: the same products and draws in float32. kinv: `fit` of `RestrictedBoltzmannMachine` with XLA, metrics
included, the first epoch left out; then the seconds of later epochs, which should not grow. All take turns; medians.
Last, what the random numbers of an epoch alone take under XLA, by generator.
"""

import time
from collections.abc import Callable

import kinv.backend

# isort: split
import keras
import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.table import Table
from sklearn.neural_network import BernoulliRBM

import kinv
from kinv.models.layerwise.distribution import Generator
from kinv.models.layerwise.draws import draw

IMAGES, VISIBLE, HIDDEN, RATE = 60_000, 784, 500, 0.1
BATCHES, STEPS, EPOCHS, TURNS = (20, 100), 50, 4, 3


class Seconds(keras.callbacks.Callback):
    """Of every epoch."""

    def on_train_begin(self, logs=None):
        self.epochs: list[float] = []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(time.perf_counter() - self.start)


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def in_numpy(images: np.ndarray, batch: int) -> None:
    random = np.random.default_rng(0)
    weights = (0.01 * random.standard_normal((VISIBLE, HIDDEN))).astype("float32")
    visible_bias, hidden_bias = np.zeros(VISIBLE, "float32"), np.zeros(HIDDEN, "float32")

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    def drawn(p):
        return (random.random(p.shape, dtype="float32") < p).astype("float32")

    for start in range(0, len(images), batch):
        data = images[start : start + batch]
        hidden = sigmoid(data @ weights + hidden_bias)
        model = drawn(sigmoid(drawn(hidden) @ weights.T + visible_bias))
        model_hidden = sigmoid(model @ weights + hidden_bias)
        weights += np.float32(RATE / batch) * (data.T @ hidden - model.T @ model_hidden)
        visible_bias += RATE * (data - model).mean(axis=0)
        hidden_bias += RATE * (hidden - model_hidden).mean(axis=0)


def in_scikit_learn(images: np.ndarray, batch: int) -> None:
    BernoulliRBM(HIDDEN, learning_rate=RATE, batch_size=batch, n_iter=1, random_state=0).fit(images)


def in_kinv(images: np.ndarray, batch: int) -> list[float]:
    machine = kinv.models.RestrictedBoltzmannMachine(VISIBLE, HIDDEN)
    machine.compile(keras.optimizers.SGD(RATE), steps_per_execution=STEPS, jit_compile=True)
    watch = Seconds()
    machine.fit(images, batch_size=batch, epochs=EPOCHS, verbose=0, callbacks=[watch])
    return watch.epochs[1:]


def of_draws(generator: Generator, batch: int = 100) -> float:
    """Seconds for the draws of 60,000 images, compiled with XLA."""
    probabilities = tf.fill((batch, VISIBLE + HIDDEN), 0.5)

    @tf.function(jit_compile=True)
    def draws(first):
        total = tf.constant(0.0)
        for step in tf.range(IMAGES // batch):
            total += tf.reduce_sum(draw(probabilities, tf.stack([first, step]), generator))
        return total

    draws(tf.constant(0))
    return float(np.median([seconds(lambda turn=turn: draws(tf.constant(turn + 1))) for turn in range(TURNS)]))


def main() -> None:
    random = np.random.default_rng(0)
    images = (random.random((IMAGES, VISIBLE)) * (random.random((IMAGES, VISIBLE)) < 0.2)).astype("float32")
    doubled = images.astype("float64")
    runs: dict[str, Callable[[int], list[float]]] = {
        "kinv": lambda batch: in_kinv(images, batch),
        "scikit-learn, float64": lambda batch: [seconds(lambda: in_scikit_learn(doubled, batch))],
        "scikit-learn, float32": lambda batch: [seconds(lambda: in_scikit_learn(images, batch))],
        "NumPy, float32": lambda batch: [seconds(lambda: in_numpy(images, batch))],
    }
    took: dict[tuple[str, int], list[float]] = {(name, batch): [] for name in runs for batch in BATCHES}
    for _ in range(TURNS):
        for (name, batch), epochs in took.items():
            epochs += runs[name](batch)
    medians = {key: float(np.median(epochs)) for key, epochs in took.items()}
    table = Table("seconds for 60,000 images", *(f"batch {batch}" for batch in BATCHES))
    for name in runs:
        cells = [
            f"{medians[name, batch]:.2f}: {medians[name, batch] / medians['kinv', batch]:.2f}" for batch in BATCHES
        ]
        table.add_row(name, *cells)
    table.caption = "after the colon: times ours"
    Console().print(table)
    for batch in BATCHES:
        epochs = ", ".join(f"{value:.2f}" for value in took["kinv", batch])
        Console().print(f"batch {batch}, epochs 2 to {EPOCHS}, {TURNS} times: {epochs} s")
    Console().print(f"draws of an epoch: Philox {of_draws('philox'):.2f} s, Threefry {of_draws('threefry'):.2f} s")


if __name__ == "__main__":
    main()
