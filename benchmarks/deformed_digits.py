"""Digits per second of `kinv.data.deformed_mnist` beside SciPy's interpolation, in one process.

    python benchmarks/deformed_digits.py

Batches of 100 digits of 28 x 28, deformed elastically with the defaults, on the cores that there are. SciPy: the same
fields, smoothed with `gaussian_filter` and followed with `map_coordinates`, one digit after the other, as elastic
deformation is usually written.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy import ndimage

from kinv import data
from kinv.data.deformed import SMOOTHNESS, STRENGTH

BATCH, SIZE, SECONDS, TURNS = 100, 28, 3.0, 3


def digits_per_second(draw: Callable[[], int]) -> float:
    """Throughput over some seconds; `draw` makes digits and says how many."""
    start, digits = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS:
        digits += draw()
    return digits / (time.perf_counter() - start)


def in_kinv() -> Callable[[], int]:
    batches: Iterator = iter(data.deformed_mnist(BATCH))
    next(batches)
    return lambda: len(next(batches)[1])


def in_scipy(images: np.ndarray) -> Callable[[], int]:
    random = np.random.default_rng(0)
    grid = np.mgrid[:SIZE, :SIZE]

    def draw() -> int:
        for image in images[random.integers(len(images), size=BATCH), ..., 0]:
            noise = STRENGTH * random.standard_normal((2, SIZE, SIZE))
            field = np.stack([ndimage.gaussian_filter(part, SMOOTHNESS, mode="constant") for part in noise])
            ndimage.map_coordinates(image / 255.0, grid + field, order=1)
        return BATCH

    return draw


def main() -> None:
    runs = {"kinv": in_kinv(), "SciPy, a digit at a time": in_scipy(data.find("mnist", "train").load_labelled()[0])}
    rates: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(TURNS):
        for name, draw in runs.items():
            rates[name].append(digits_per_second(draw))
    table = Table("deformed digits", "a second", "kinv / this")
    medians = {name: float(np.median(values)) for name, values in rates.items()}
    for name, rate in medians.items():
        table.add_row(name, f"{rate:,.0f}", f"{medians['kinv'] / rate:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
