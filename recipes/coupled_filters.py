"""What filters of early and late layers like best, through a generator (Despraz et al. 2017, figure 8).

    python -m recipes.coupled_filters                    # default: 5 minutes
    python -m recipes.coupled_filters --classifier vgg16 --layers block3_conv3 block5_conv2
    python -m recipes.coupled_filters --preset smoke     # seconds: does it run?

Each image is for one filter, on average over its map. How strongly does the filter answer, beside the photograph that
it answers to most? How fine are the images: the paper says that early layers like simple patterns, and late ones
parts of things.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.experiment.material import evenly
from recipes.families.coupled_study import SMOKE, CoupledConfig, Way, prepare

EXPECTED = (
    "Filters close to the input like simple patterns (lines, colours), late ones parts of things: eyes, hands, ears."
)


@dataclass(frozen=True)
class Config(CoupledConfig):
    """Which filters are asked."""

    way: Way = "spectral"
    layers: tuple[str, ...] = ("fire2_expand3x3", "fire5_expand3x3", "fire9_expand3x3")  # the paper's: 9th and 26th
    shown: int = 8  # filters of a layer, evenly spread


PRESETS = presets(
    default=Config(),
    smoke=Config(**SMOKE, layers=("fire2_expand3x3", "fire3_expand3x3"), shown=2),
    paper=Config(shown=40),
)


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> dict[str, Any]:
    """Makes and measures; returns the numbers, by layer."""
    from kinv.figures import images as figures

    coupling, _ = prepare(experiment, [config.way], judged=False)
    network, unit_of = coupling.network, kinv.models.target.unit
    rows, numbers = {}, {}
    for layer in config.layers:
        tapped = kinv.analysis.tap(network, layer)
        units = evenly(len(tapped.units), config.shown)
        print(f"{layer}: {len(units)} of {len(tapped.units)} filters ...", flush=True)
        made = coupling.fill(config.way, {f"{layer} {unit:04d}": unit_of(layer, int(unit)) for unit in units})
        of_made = pre_activations(tapped, kinv.analysis.resized_for(network, made))[np.arange(len(units)), units]
        of_photographs = pre_activations(tapped, coupling.photographs)[:, units]
        numbers[layer] = {
            "answer": float(np.median(of_made)),
            "largest_of_photographs": float(np.median(of_photographs.max(axis=0))),
            "ahead": float((of_made > of_photographs.max(axis=0)).mean()),
            **kinv.analysis.image_statistics(made).as_dict(),
        }
        rows[layer] = made
    experiment.keep_results(
        numbers,
        {
            "filters.png": figures.labelled_rows(
                rows,
                [
                    f"filter {number + 1} of {len(rows[config.layers[0]])}"
                    for number in range(len(rows[config.layers[0]]))
                ],
                1.1,
                f"Images that filters of {network.name} like best",
            )
        },
    )
    print_table(numbers)
    print(f"The paper: {EXPECTED}")
    return numbers


def print_table(numbers: dict[str, Any]) -> None:
    """A row for each layer."""
    from rich.console import Console
    from rich.table import Table

    table = Table("", "answer", "largest of photographs", "ahead", "slope", "contrast", "alike")
    for layer, of in numbers.items():
        keys = ("answer", "largest_of_photographs", "ahead", "slope", "contrast", "likeness")
        table.add_row(layer, *(f"{of[key]:.3g}" for key in keys))
    table.caption = (
        "answers: median pre-activations over filters; ahead: share of filters that answer to no photograph as "
        "strongly; slope and contrast: means; alike: largest correlation of two images"
    )
    Console().print(table)


def pre_activations(tapped: Any, images: np.ndarray) -> np.ndarray:
    """Averaged over the map, `(N, U)`."""
    from keras import ops

    chunks = [tapped.activations(images[begin : begin + 20]) for begin in range(0, len(images), 20)]
    return np.concatenate([ops.convert_to_numpy(chunk) for chunk in chunks])


if __name__ == "__main__":
    main(run, __doc__)
