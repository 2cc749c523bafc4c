"""Images that a network takes for two classes at once (Despraz et al. 2017, figure 9).

    python -m recipes.coupled_compound                                   # default: 3 minutes
    python -m recipes.coupled_compound --pairs ostrich+bullfrog mosque+candle
    python -m recipes.coupled_compound --preset smoke                    # seconds: does it run?

Each row: the image of one class, of both, and of the other.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.families.coupled_study import SMOKE, CoupledConfig, Way, find_classes, prepare


@dataclass(frozen=True)
class Config(CoupledConfig):
    """Which classes are mixed."""

    way: Way = "spectral"
    pairs: tuple[str, ...] = (
        "ostrich+bullfrog", "jigsaw puzzle+golden retriever", "mosque+candle", "tench+strawberry", "zebra+teapot",
    )  # fmt: skip


PRESETS = presets(
    default=Config(),
    smoke=Config(**{**SMOKE, "at_a_time": 3}, pairs=("ostrich+bullfrog",)),
    paper=Config(),
)


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> dict[str, Any]:
    """Makes and judges; returns the numbers, by pair."""
    from rich.console import Console
    from rich.table import Table

    from kinv.figures import images as figures

    split = [pair.split("+") for pair in config.pairs]
    if any(len(pair) != 2 for pair in split):
        raise ValueError(f"pairs must be names of two classes with + between, received {config.pairs}")
    coupling, judge = prepare(experiment, [config.way])
    network = coupling.network
    pairs = [find_classes(network, pair) for pair in split]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"pairs must be of two different classes, received {config.pairs}")
    parts = [part for a, b in pairs for part in ((a,), (a, b), (b,))]
    targets = {" ".join(f"{index:04d}" for index in part): kinv.models.target.classes(*part) for part in parts}
    made = dict(zip(targets, coupling.fill(config.way, targets), strict=True))
    rows, numbers = {}, {}
    for pair, (a, b) in zip(config.pairs, pairs, strict=True):
        row = np.stack([made[f"{a:04d}"], made[f"{a:04d} {b:04d}"], made[f"{b:04d}"]])
        both = np.stack([row[1]] * 2)
        own, other = (kinv.analysis.class_ranks(by, both, [a, b]) for by in (network, judge))
        numbers[pair] = {"ranks": own.tolist(), "ranks_of_judge": other.tolist()}
        rows[pair.replace("+", " + ")] = row
    columns = ["the first", "both", "the second"]
    experiment.keep_results(
        numbers, {"compound.png": figures.labelled_rows(rows, columns, 1.8, f"{network.name}: images for two classes")}
    )  # fmt: skip
    table = Table("", f"ranks in {network.name}", f"ranks in {judge.name}")
    for pair, of in numbers.items():
        table.add_row(pair, *(" and ".join(map(str, of[key])) for key in ("ranks", "ranks_of_judge")))
    table.caption = "how many classes come before each of both in the image that was made for both; 0 and 1: none"
    Console().print(table)
    return numbers


if __name__ == "__main__":
    main(run, __doc__)
