"""What filters of early and late layers like best, through a generator (Despraz et al. 2017, figure 8).

    python -m recipes.coupled_filters                    # default: 5 minutes
    python -m recipes.coupled_filters --classifier vgg16 --layers block3_conv3 block5_conv2
    python -m recipes.coupled_filters --preset smoke     # seconds: does it run?

Each picture is for one filter, on average over its map. How strongly does the filter answer, beside the photograph that
it answers to most? How fine are the pictures: the paper says that early layers like simple patterns, and late ones
parts of things.
"""

import json
from dataclasses import dataclass
from typing import Any

from recipes.command_line import main
from recipes.coupled_config import CoupledConfig, Way


@dataclass(frozen=True)
class Config(CoupledConfig):
    """Which filters are asked."""

    way: Way = "spectral"
    layers: tuple[str, ...] = ("fire2_expand3x3", "fire5_expand3x3", "fire9_expand3x3")  # the paper's: 9th and 26th
    shown: int = 8  # filters of a layer, evenly spread


PRESETS = {
    "default": Config(),
    "smoke": Config(
        preset="smoke",
        limit=4,
        layers=("fire2_expand3x3", "fire3_expand3x3"),
        shown=2,
        at_a_time=2,
        spectral_size=64,
        spectral_steps=20,
    ),
    "paper": Config(preset="paper", shown=40),
}
EXPECTED = (
    "Filters close to the input like simple patterns (lines, colours), late ones parts of things: eyes, hands, ears."
)


def run(config: Config) -> dict[str, Any]:
    """Makes and measures; returns the numbers, by layer."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    import numpy as np
    from rich.console import Console
    from rich.table import Table

    from kinv import analysis
    from kinv.figures import pictures as figures
    from kinv.models import target
    from recipes.coupled_material import prepare, results_folder
    from recipes.provenance import as_json
    from recipes.unit_numbers import spread

    coupling, _ = prepare(config, [config.way], judged=False)
    network = coupling.network
    folder = results_folder(config, "coupled_filters", network)
    shelf = coupling.shelf(folder, config.way)
    rows, numbers = {}, {}
    for layer in config.layers:
        tapped = analysis.tap(network, layer)
        units = spread(len(tapped.units), config.shown)
        print(f"{layer}: {len(units)} of {len(tapped.units)} filters ...", flush=True)
        made = coupling.fill(
            shelf, config.way, {f"{layer} {unit:04d}": target.unit(layer, int(unit)) for unit in units}
        )
        of_made = _answers(tapped, analysis.resized_for(network, made))[np.arange(len(units)), units]
        of_photographs = _answers(tapped, coupling.photographs)[:, units]
        numbers[layer] = {
            "answer": float(np.median(of_made)),
            "largest_of_photographs": float(np.median(of_photographs.max(axis=0))),
            "ahead": float((of_made > of_photographs.max(axis=0)).mean()),
            **analysis.picture_statistics(made).as_dict(),
        }
        rows[layer] = made
    figures.labelled_rows(rows).savefig(folder / "filters.png")
    everything = {"config": as_json(config), "layers": numbers}
    (folder / "numbers.json").write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    table = Table("", "answer", "largest of photographs", "ahead", "slope", "contrast", "alike")
    for layer, of in numbers.items():
        keys = ("answer", "largest_of_photographs", "ahead", "slope", "contrast", "likeness")
        table.add_row(layer, *(f"{of[key]:.3g}" for key in keys))
    table.caption = (
        "answers: medians over filters; ahead: share of filters that answer to no photograph as strongly; slope and "
        "contrast: means; alike: largest correlation of two pictures"
    )
    Console().print(table)
    print(f"The paper: {EXPECTED}\nNumbers and pictures: {folder}")
    return numbers


def _answers(tapped, pictures):
    """Total inputs, averaged over the map, `(N, U)`."""
    import numpy as np
    from keras import ops

    chunks = [tapped.activations(pictures[begin : begin + 20]) for begin in range(0, len(pictures), 20)]
    return np.concatenate([ops.convert_to_numpy(chunk) for chunk in chunks])


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
