"""Activation maximisation beside tf-keras-vis and Xplique: units per second, and over the bare passes.

    python benchmarks/units.py                   # prints tables; 14 minutes on two cores, most of them the peers'

tf-keras-vis, in a batch and one by one, and Xplique, where it is installed (`pip install --no-deps xplique
deprecated`), beside kinv: on the same Functional network up to the units' total input, from one start for all units but
in Xplique, which has its own, the same number of steps, in one process and in turn; medians. Plain is gradient ascent
alone. Readable is what each does against noise: tf-keras-vis's defaults (total variation, norm, jitter, rotation), and
jitter and total variation here. kinv's times have the tracing of its functions in them, in every call.

Bare passes are the compiled value and gradient of the same units for the same batch, once a step, already traced. Last,
1,000 units of a dense model with 9 starts each, with default settings.
"""

import math
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import kinv.backend

# isort: split
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from rich.console import Console
from rich.table import Table
from tf_keras_vis.activation_maximization import ActivationMaximization

import kinv
from kinv import backend, classifiers
from kinv.classifiers import digit_cnn
from kinv.surgery.tap import Tap, tap

TURNS = 3
ALONE = 2  # units that stand for all where they go one by one


@dataclass(frozen=True)
class Case:
    """A network, its units and how many steps are taken."""

    name: str
    tapped: Tap
    steps: int
    aim: float  # times the faster of tf-keras-vis's two ways

    @property
    def units(self) -> list[int]:
        return self.tapped.units.tolist()

    def start(self) -> np.ndarray:
        """One for all units, `(1, H, W, C)`."""
        return np.random.default_rng(0).uniform(0, 255, (1, *self.tapped.input_shape)).astype("float32")

    def starts(self) -> np.ndarray:
        """The same, once for each."""
        return np.repeat(self.start(), len(self.units), axis=0)


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def ours(case: Case, **options: Any) -> float:
    """One start for each unit, so that the batch is the peers'; a threshold of 0 keeps all under way; no norm."""
    network, units = case.tapped.network, case.units
    return seconds(
        lambda: kinv.maximize_activation(
            network, network.layers[-1].name, units, math.inf, start=case.start(), steps=case.steps, threshold=0.0,
            **options,
        )
    )  # fmt: skip


def total(outputs: Any, row: int, unit: int) -> Any:
    return tf.reduce_mean(outputs[row, ..., unit])


def in_tf_keras_vis(case: Case, rows: int, **options: Any) -> float:
    """For `rows` units at a time; of one by one only a few are run, and stand for all."""
    peer = ActivationMaximization(case.tapped.network, clone=False)
    starts, units = case.starts(), case.units
    measured = units if rows > 1 else units[:ALONE]
    took = 0.0
    for begin in range(0, len(measured), rows):
        some = measured[begin : begin + rows]
        given = starts[begin : begin + rows]

        def score(outputs, some=some):
            return tuple(total(outputs, row, unit) for row, unit in enumerate(some))

        took += seconds(lambda given=given, score=score: peer(score, seed_input=given, steps=case.steps, **options))
    return took * len(units) / len(measured)


def in_xplique(case: Case) -> float:
    """All units in a batch, without Fourier images and transformations, from its own starts."""
    from xplique.features_visualizations import Objective, optimize

    network, layer = case.tapped.network, case.tapped.network.layers[-1].name
    kind = Objective.channel if len(network.output_shape) == 4 else Objective.neuron
    return seconds(
        lambda: optimize(
            kind(network, layer, case.units), nb_steps=case.steps, use_fft=False, image_normalizer="clip",
            values_range=(0, 255), transformations=None, custom_shape=None,
        )
    )  # fmt: skip


def bare(case: Case) -> float:
    numbers, starts = tf.constant(case.units), tf.constant(case.starts())

    def passes(inputs):
        return backend.value_and_grad(lambda inputs: case.tapped.activation_of(inputs, numbers))(inputs)

    passes = backend.compile(passes)
    passes(starts)
    return seconds(lambda: [passes(starts)[0].numpy() for _ in range(case.steps)])


PLAIN = {"input_modifiers": [], "regularizers": []}
READABLE = {"jitter": 4, "variation_weight": 1.0}


def compare(case: Case, console: Console) -> None:
    count = len(case.units)
    ways: dict[str, Callable[[], float]] = {
        "bare passes": lambda: bare(case),
        "kinv": lambda: ours(case),
        "tf-keras-vis, in a batch": lambda: in_tf_keras_vis(case, count, **PLAIN),
        "tf-keras-vis, one by one": lambda: in_tf_keras_vis(case, 1, **PLAIN),
        "Xplique, in a batch": lambda: in_xplique(case),
        "kinv, readable": lambda: ours(case, **READABLE),
        "tf-keras-vis, defaults, in a batch": lambda: in_tf_keras_vis(case, count),
        "tf-keras-vis, defaults, one by one": lambda: in_tf_keras_vis(case, 1),
    }
    if find_spec("xplique") is None:
        del ways["Xplique, in a batch"]
    took: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(TURNS):
        for name, way in ways.items():
            if turn and took[name][0] > 60:
                continue
            took[name].append(way())
    medians = {name: float(np.median(times)) for name, times in took.items()}
    table = Table(f"{case.name}, {case.steps} steps", "seconds", "units / s", "times ours")
    for name, median in medians.items():
        beside = medians["kinv, readable" if "defaults" in name or "readable" in name else "kinv"]
        table.add_row(name, f"{median:.2f}", f"{count / median:.2f}", f"{median / beside:.2f}")
    table.caption = f"aim: {case.aim:g} times the faster of tf-keras-vis's; kinv over bare passes at most 1.25: " + (
        f"{medians['kinv'] / medians['bare passes']:.2f}"
    )
    console.print(table)


def dense_units(console: Console) -> None:
    """1,000 sigmoid units, from 9 starts each."""
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [layers.Input((784,)), layers.Dense(500, "sigmoid"), layers.Dense(1000, "sigmoid", name="units")]
    )
    found: list[Any] = []
    took = seconds(lambda: found.append(kinv.maximize_activation(network, "units", restarts=9)))
    converged = found[0].converged.mean()
    console.print(f"1,000 units of a dense model, 9 starts each: {took:.1f} s (aim: 30), {converged:.1%} converged")


def main() -> None:
    warnings.filterwarnings("ignore", message="The structure of `inputs`")
    console = Console()
    keras.utils.set_random_seed(0)
    digits = digit_cnn.build((28, 28, 3), classes=256)  # Xplique takes colours only
    photographs = classifiers.load("squeezenet")
    compare(Case("squeezenet, 8 filters", tap(photographs, "fire9_expand3x3", range(8)), 64, 3), console)
    compare(Case("digit_cnn, 256 units", tap(digits, "logits"), 64, 20), console)
    dense_units(console)


if __name__ == "__main__":
    main()
