"""Pictures that a network likes best, made in several ways and judged by a second network (after Despraz et al. 2017).

    python -m recipes.coupled_compare                    # default: an hour of one core
    python -m recipes.coupled_compare --classifier efficientnet_lite0 --judge squeezenet
    python -m recipes.coupled_compare --preset smoke     # seconds: does it run?

For some classes: plain pixel ascent, which is the paper's figure 1; pixel ascent with image priors; generators of
random weights, as in the paper and with what helps them; the pretrained decoder of an autoencoder, likewise; and a
decoder with the spectrum and the colours of photographs. How often does the class come first in the network that a
picture was made for, and among the first five of one that it was not made for? And how like photographs are the
pictures' values? The paper has no such numbers. Stopped and started again, it goes on where it was.
"""

import json
from dataclasses import dataclass
from typing import Any

from recipes.command_line import main
from recipes.coupled_config import CoupledConfig, Way


@dataclass(frozen=True)
class Config(CoupledConfig):
    """What is compared."""

    classes: int = 50  # evenly spread
    ways: tuple[Way, ...] = ("pixels", "priors", "untrained", "improved", "pretrained", "decoded", "spectral")
    shown: int = 10  # classes in the picture


PRESETS = {
    "default": Config(),
    "smoke": Config(
        preset="smoke", limit=4, classes=2, at_a_time=2, pixel_steps=2, prior_steps=2, generator_steps=2, width=0.05,
        pretrained_steps=2, decoded_steps=2, spectral_size=64, spectral_steps=20, shown=2,
    ),
    "paper": Config(preset="paper", generator_steps=500, width=1.0, pretrained_steps=1200, at_a_time=2),
}  # fmt: skip


def run(config: Config) -> dict[str, Any]:
    """Makes and judges; returns the numbers, by way."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    import numpy as np

    from kinv import analysis
    from kinv.figures import pictures as figures
    from kinv.models import target
    from recipes.coupled_material import labels_of, prepare, results_folder, spread_classes
    from recipes.coupled_ways import TITLES
    from recipes.provenance import as_json

    coupling, judge = prepare(config, config.ways)
    network = coupling.network
    chosen = spread_classes(network, config.classes)
    targets = {label: target.classes(index) for index, label in labels_of(network, chosen).items()}
    numbers: dict[str, Any] = {"photographs": analysis.picture_statistics(coupling.photographs).as_dict()}
    sheets, folder = {}, results_folder(config, "coupled_compare", network)
    for way in config.ways:
        shelf = coupling.shelf(folder, way)
        made = coupling.fill(shelf, way, targets)
        own, other = (analysis.class_ranks(by, made, chosen) for by in (network, judge))
        numbers[TITLES[way]] = {
            "first": float((own == 0).mean()),
            "first_five_of_judge": float((other < 5).mean()),
            "median_rank_of_judge": float(np.median(other)),
            **analysis.picture_statistics(made).as_dict(),
            "seconds_a_class": float(np.mean([shelf.made_of(label)[1] for label in targets])),
        }
        sheets[TITLES[way]] = made[:: max(1, len(made) // max(1, config.shown))][: config.shown]
    figures.labelled_rows(sheets).savefig(folder / "pictures.png")
    everything = {"config": as_json(config), "ways": numbers}
    (folder / "numbers.json").write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    _print_table(numbers)
    print(f"\nNumbers and pictures: {folder}")
    return numbers


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
