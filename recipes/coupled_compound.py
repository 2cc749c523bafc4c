"""Pictures that a network takes for two classes at once (Despraz et al. 2017, figure 9).

    python -m recipes.coupled_compound                                   # default: 3 minutes
    python -m recipes.coupled_compound --pairs ostrich+bullfrog mosque+candle
    python -m recipes.coupled_compound --preset smoke                    # seconds: does it run?

Each row: the picture of one class, of both, and of the other.
"""

import json
from dataclasses import dataclass
from typing import Any

from recipes.command_line import main
from recipes.coupled_config import CoupledConfig, Way


@dataclass(frozen=True)
class Config(CoupledConfig):
    """Which classes are mixed."""

    way: Way = "spectral"
    pairs: tuple[str, ...] = (
        "ostrich+bullfrog", "jigsaw puzzle+golden retriever", "mosque+candle", "tench+strawberry", "zebra+teapot",
    )  # fmt: skip


PRESETS = {
    "default": Config(),
    "smoke": Config(
        preset="smoke", limit=4, pairs=("ostrich+bullfrog",), at_a_time=3, spectral_size=64, spectral_steps=20
    ),
    "paper": Config(preset="paper"),
}


def run(config: Config) -> dict[str, Any]:
    """Makes and judges; returns the numbers, by pair."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    import numpy as np
    from rich.console import Console
    from rich.table import Table

    from kinv import analysis
    from kinv.figures import pictures as figures
    from kinv.models import target
    from recipes.coupled_material import find_classes, prepare, results_folder
    from recipes.provenance import as_json

    split = [pair.split("+") for pair in config.pairs]
    if any(len(pair) != 2 for pair in split):
        raise ValueError(f"pairs must be names of two classes with + between, received {config.pairs}")
    coupling, judge = prepare(config, [config.way])
    network = coupling.network
    folder = results_folder(config, "coupled_compound", network)
    pairs = [find_classes(network, pair) for pair in split]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"pairs must be of two different classes, received {config.pairs}")
    parts = [part for a, b in pairs for part in ((a,), (a, b), (b,))]
    targets = {" ".join(f"{index:04d}" for index in part): target.classes(*part) for part in parts}
    made = dict(zip(targets, coupling.fill(coupling.shelf(folder, config.way), config.way, targets), strict=True))
    rows, numbers = {}, {}
    for pair, (a, b) in zip(config.pairs, pairs, strict=True):
        row = np.stack([made[f"{a:04d}"], made[f"{a:04d} {b:04d}"], made[f"{b:04d}"]])
        both = np.stack([row[1]] * 2)
        own, other = (analysis.class_ranks(by, both, [a, b]) for by in (network, judge))
        numbers[pair] = {"ranks": own.tolist(), "ranks_of_judge": other.tolist()}
        rows[pair.replace("+", " + ")] = row
    figures.labelled_rows(rows, ["one", "both", "the other"], 1.8).savefig(folder / "compound.png")
    everything = {"config": as_json(config), "pairs": numbers}
    (folder / "numbers.json").write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    table = Table("", f"ranks in {network.name}", f"ranks in {judge.name}")
    for pair, of in numbers.items():
        table.add_row(pair, *(" and ".join(map(str, of[key])) for key in ("ranks", "ranks_of_judge")))
    table.caption = "how many classes come before each of both in the picture that was made for both; 0 and 1: none"
    Console().print(table)
    print(f"Numbers and pictures: {folder}")
    return numbers


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
