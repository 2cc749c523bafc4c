"""The paper's images of classes, with and without pretraining (Despraz et al. 2017, table 1, figures 4 and 5).

    python -m recipes.coupled_vgg16                      # default: VGG-16 where its weights are, else SqueezeNet
    python -m recipes.coupled_vgg16 --download           # lets Keras fetch VGG-16 (528 MB)
    python -m recipes.coupled_vgg16 --preset smoke       # seconds: does it run?
    python -m recipes.coupled_vgg16 --preset paper       # the paper's scale; needs dae_photos_paper

Above: both of the paper's generators as it has them; below: both with what helps them, and a decoder of waves.
"""

from dataclasses import dataclass
from typing import Any

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.families.coupled_study import SMOKE, CoupledConfig, Way, find_classes, prepare, targets_of


@dataclass(frozen=True)
class Config(CoupledConfig):
    """What is made."""

    classifier: str = "vgg16"
    ways: tuple[Way, ...] = ("pretrained", "untrained", "decoded", "improved", "spectral")
    classes: tuple[str, ...] = ("mosque", "candle", "leaf beetle", "lawn mower")  # the paper's figure 5


PRESETS = presets(
    default=Config(),
    smoke=Config(**SMOKE, ways=("untrained",), classes=("mosque",), generator_steps=2, width=0.05),
    paper=Config(
        autoencoder="dae_photos_paper", generator_steps=500, width=1.0, pretrained_steps=1200, at_a_time=2
    ),
)  # fmt: skip


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> dict[str, Any]:
    """Makes and judges; returns the ranks, by way and class."""
    from rich.console import Console
    from rich.table import Table

    from kinv.figures import images as figures
    from recipes.families.coupled_ways import TITLES

    experiment.about("coupled_classes")
    coupling, judge = prepare(experiment, config.ways)
    network = coupling.network
    chosen = find_classes(network, config.classes)
    targets = targets_of(network, chosen)
    rows, numbers = {}, {}
    for way in config.ways:
        rows[TITLES[way]] = made = coupling.fill(way, targets)
        own, other = (kinv.analysis.class_ranks(by, made, chosen) for by in (network, judge))
        numbers[TITLES[way]] = {
            label: {network.name: int(a), judge.name: int(b)}
            for label, a, b in zip(targets, own, other, strict=True)
        }  # fmt: skip
    title = f"Images that classes of {network.name} like best"
    experiment.keep_results(numbers, {"classes.png": figures.labelled_rows(rows, list(targets), 2.0, title)})
    table = Table("", *targets)
    for way, of in numbers.items():
        table.add_row(way, *(" / ".join(str(rank) for rank in ranks.values()) for ranks in of.values()))
    table.caption = f"classes that come before it in {network.name} / in {judge.name}"
    Console().print(table)
    return numbers


if __name__ == "__main__":
    main(run, __doc__)
