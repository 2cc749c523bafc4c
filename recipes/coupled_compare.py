"""Pictures that a network likes best, made in several ways and judged by a second network (after Despraz et al. 2017).

    python -m recipes.coupled_compare                    # default
    python -m recipes.coupled_compare --classifier efficientnet_lite0 --judge squeezenet
    python -m recipes.coupled_compare --preset smoke     # seconds: does it run?

For some classes: plain pixel ascent, which is the paper's figure 1; pixel ascent with image priors; generators of
random weights as in the paper and with what helps them; and a decoder that is fixed, with the spectrum and the colours
of photographs, of which only the gains are trained. How often does the class come first in the network that a picture
was made for, and among the first five of one that it was not made for? And how like photographs are the pictures'
values? The paper has no such numbers.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from recipes.command_line import main


@dataclass(frozen=True)
class Config:
    """What is made, and with how much effort.

    The untrained generator has the paper's settings, but for its width, its steps, and the deviations of
    `CoupledGenerator`.
    """

    preset: Literal["smoke", "default", "paper"] = "default"
    classifier: str = "squeezenet"
    judge: str = "efficientnet_lite0"
    data: str = "auto"  # imagenet_samples, else tfds:imagenet_v2, else photos
    download: bool = False
    limit: int = 200  # photographs, for their statistics
    output: Path = Path("runs")  # a folder for the figures is made in here
    seed: int = 0

    classes: int = 50  # evenly spread
    at_a_time: int = 10
    ways: tuple[Literal["pixels", "priors", "untrained", "improved", "spectral"], ...] = (
        "pixels", "priors", "untrained", "improved", "spectral",
    )  # fmt: skip
    pixel_steps: int = 100
    prior_steps: int = 200
    generator_steps: int = 150  # paper: 500
    width: float = 0.125  # of generators; the paper's is 1
    spectral_steps: int = 120
    spectral_rate: float = 0.02  # Adam, in deviations of photographs
    smallest_view: float = 0.3
    shown: int = 10  # classes in the picture


PRESETS = {
    "default": Config(),
    "smoke": Config(
        preset="smoke", limit=4, classes=2, at_a_time=2, pixel_steps=2, prior_steps=2, generator_steps=2, width=0.05,
        spectral_steps=20, shown=2,
    ),
    "paper": Config(preset="paper", generator_steps=500, width=1.0, at_a_time=2),
}  # fmt: skip
PIXELS, PRIORS, UNTRAINED, IMPROVED, SPECTRAL = (
    "plain pixel ascent",
    "pixel ascent with image priors",
    "untrained generator, the paper's",
    "untrained generator, improved",
    "spectral decoder of photographs",
)


def run(config: Config) -> dict[str, Any]:
    """Makes and judges; returns the numbers, by way."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    import numpy as np

    from kinv import analysis, classifiers
    from kinv.figures import unit_analysis as figures
    from recipes.deep_training import seeded
    from recipes.material import find_pictures
    from recipes.provenance import as_json

    seeded(config)
    network, judge = (classifiers.load(name, download=config.download) for name in (config.classifier, config.judge))
    source = find_pictures(config.data, config.download)
    photographs = source.load(network.input_shape[1], config.limit)[0].astype("float32")
    print(f"Network:  {network.name}; judge: {judge.name}")
    print(f"Pictures: {source.description}", flush=True)
    chosen = np.linspace(0, network.output_shape[-1] - 1, config.classes).astype(int)
    numbers: dict[str, Any] = {"photographs": {**analysis.picture_statistics(photographs).as_dict()}}
    sheets = {}
    ways = _ways(network, photographs, config)
    for key in config.ways:
        way, make = ways[key]
        print(f"{way} ...", flush=True)
        started, made = time.monotonic(), []
        for begin in range(0, len(chosen), config.at_a_time):
            made.append(make(chosen[begin : begin + config.at_a_time].tolist()))
        seconds, pictures = time.monotonic() - started, np.concatenate(made)
        own, other = (analysis.class_ranks(by, pictures, chosen) for by in (network, judge))
        numbers[way] = {
            "first": float((own == 0).mean()),
            "first_five_of_judge": float((other < 5).mean()),
            "median_rank_of_judge": float(np.median(other)),
            **analysis.picture_statistics(pictures).as_dict(),
            "seconds_a_class": seconds / len(chosen),
        }
        sheets[way] = pictures[:: max(1, len(pictures) // config.shown)][: config.shown]
    folder = config.output / f"coupled_compare_{network.name}"
    folder.mkdir(parents=True, exist_ok=True)
    figures.layer_rows(sheets).savefig(folder / "pictures.png")
    everything = {"config": as_json(config), "ways": numbers}
    (folder / "numbers.json").write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    _print_table(numbers)
    print(f"\nNumbers and pictures: {folder}")
    return numbers


def _ways(network, photographs, config) -> dict[str, tuple[str, Callable[[list[int]], Any]]]:
    """By the configuration's name: what it is called, and a function of classes to pictures."""
    import math

    import keras
    from keras import layers

    from kinv import analysis
    from kinv.layers import SpectralDecoder
    from kinv.models import CoupledGenerator, target

    last: Any = target.last_layer(network)
    size, channels = network.input_shape[1], network.input_shape[-1]
    color = photographs.mean(axis=(0, 1, 2)).tolist()

    def coupled(classes, optimizer, steps, **settings):
        model = CoupledGenerator(
            network, [target.classes(index) for index in classes], seed=config.seed, brightness=color, **settings
        )
        model.compile(optimizer)
        model.fit(steps=steps)
        return model.pictures()

    def rate(first, steps):
        return keras.optimizers.schedules.CosineDecay(first, steps, 0.1)

    def pixels(classes):
        """Features are pixels, 10 of 255 away from grey at the start, and nothing comes between."""
        copies = keras.Sequential([keras.Input((size * size * channels,)), layers.Reshape((size, size, channels))])
        return coupled(
            classes, keras.optimizers.Adam(2.0), config.pixel_steps, generator=copies, gain=10.0, contrast=1.0,
            competition=0.0, regularization=0.0, noise=0.0,
        )  # fmt: skip

    def priors(classes):
        return analysis.maximize_activation(
            network, last, classes, math.inf, 1, config.seed, steps=config.prior_steps, box=True,
            cosine_waves=True, jitter=16, variation_weight=1e-3,
        ).best  # fmt: skip

    def untrained(classes):
        return coupled(classes, None, config.generator_steps, size=224, width=config.width)

    def improved(classes):
        optimizer = keras.optimizers.Adam(rate(3e-3, config.generator_steps))
        return coupled(
            classes, optimizer, config.generator_steps, size=224, width=config.width, skips=True, noise=0.0,
            loss="cross_entropy", smallest_view=config.smallest_view, contrast=30.0,
        )  # fmt: skip

    def spectral(classes):
        optimizer = keras.optimizers.Adam(rate(config.spectral_rate, config.spectral_steps))
        return coupled(
            classes, optimizer, config.spectral_steps, generator=decoder, gain=0.01, contrast=1.0, noise=0.0,
            regularization=0.0, loss="cross_entropy", smallest_view=config.smallest_view,
        )  # fmt: skip

    waves = SpectralDecoder(size, channels)
    waves.adapt(photographs)
    decoder = keras.Sequential([keras.Input((size * size * channels,)), waves])
    return {
        "pixels": (PIXELS, pixels),
        "priors": (PRIORS, priors),
        "untrained": (UNTRAINED, untrained),
        "improved": (IMPROVED, improved),
        "spectral": (SPECTRAL, spectral),
    }


def _print_table(numbers):
    from rich import box
    from rich.console import Console
    from rich.table import Table

    titles = {
        "first": "first", "first_five_of_judge": "judge's 5", "median_rank_of_judge": "rank", "saturation": "satur.",
        "contrast": "contr.", "extreme": "extreme", "slope": "slope", "likeness": "alike", "seconds_a_class": "s",
    }  # fmt: skip
    shares = ("first", "first_five_of_judge", "extreme")
    table = Table("", *titles.values(), box=box.SIMPLE, padding=0, collapse_padding=True)
    for way, of in numbers.items():
        cells = ["" if key not in of else f"{of[key]:.1%}" if key in shares else f"{of[key]:.3g}" for key in titles]
        table.add_row(way, *cells)
    table.caption = (
        "first: the class comes first in the network; judge's 5: among the first five of the judge; rank: its median "
        "rank there; alike: largest correlation of two pictures; s: seconds for a class"
    )
    Console().print(table)


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
