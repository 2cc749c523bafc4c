"""Images that a network likes best, made in several ways and judged by a second network (after Despraz et al. 2017).

    python -m recipes.coupled_compare                    # default: an hour of one core
    python -m recipes.coupled_compare --classifier efficientnet_lite0 --judge squeezenet
    python -m recipes.coupled_compare --preset smoke     # seconds: does it run?

For some classes: plain pixel ascent, which is the paper's figure 1; pixel ascent with image priors; generators of
random weights, as in the paper and with what helps them; the pretrained decoder of an autoencoder, likewise; and a
decoder with the spectrum and the colours of photographs. How often does the class come first in the network that an
image was made for, and among the first five of one that it was not made for? And how like photographs are the images'
values? The paper has no such numbers. Stopped and started again, it goes on where it was.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.families.coupled_study import SMOKE, CoupledConfig, Way, judged, prepare, spread_classes, targets_of


@dataclass(frozen=True)
class Config(CoupledConfig):
    """What is compared."""

    classes: int = 50  # evenly spread
    ways: tuple[Way, ...] = ("pixels", "priors", "untrained", "improved", "pretrained", "decoded", "spectral")
    shown: int = 10  # classes in the figure


PRESETS = presets(
    default=Config(),
    smoke=Config(
        **SMOKE, classes=2, pixel_steps=2, prior_steps=2, generator_steps=2, width=0.05, pretrained_steps=2,
        decoded_steps=2, shown=2,
    ),
    paper=Config(generator_steps=500, width=1.0, pretrained_steps=1200, at_a_time=2),
)  # fmt: skip


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> dict[str, Any]:
    """Makes and judges; returns the numbers, by way."""
    from kinv.figures import images as figures
    from recipes.families.coupled_ways import TITLES

    coupling, judge = prepare(experiment, config.ways)
    network = coupling.network
    chosen = spread_classes(network, config.classes)
    targets = targets_of(network, chosen)
    numbers: dict[str, Any] = {"photographs": kinv.analysis.image_statistics(coupling.photographs).as_dict()}
    every = max(1, len(targets) // max(1, config.shown))
    shown = [label[5:] for label in targets][::every][: config.shown]
    sheets = {}
    for way in config.ways:
        made, kept = coupling.fill(way, targets), coupling.kept(way)
        seconds = float(np.mean([kept.made_of(label)[1] for label in targets]))
        numbers[TITLES[way]] = {**judged(network, judge, made, chosen), "seconds_a_class": seconds}
        sheets[TITLES[way]] = made[::every][: config.shown]
    experiment.keep_results(
        numbers,
        {
            "images.png": figures.labelled_rows(
                sheets, shown, 0.93, f"Images that classes of {network.name} like best, made in {len(sheets)} ways"
            )
        },
    )
    print_table(numbers)
    return numbers


def print_table(numbers: dict[str, Any]) -> None:
    """A row for each way."""
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
        "rank there; alike: largest correlation of two images; s: seconds for a class"
    )
    Console().print(table)


if __name__ == "__main__":
    main(run, __doc__)
