"""The paper's pictures of classes, with and without pretraining (Despraz et al. 2017, table 1, figures 4 and 5).

    python -m recipes.coupled_vgg16                      # default: VGG-16 where its weights are, else SqueezeNet
    python -m recipes.coupled_vgg16 --download           # lets Keras fetch VGG-16 (528 MB)
    python -m recipes.coupled_vgg16 --preset smoke       # seconds: does it run?
    python -m recipes.coupled_vgg16 --preset paper       # the paper's scale; needs dae_photos_paper

Above: both of the paper's generators as it has them; below: both with what helps them, and a decoder of waves.
"""

import json
from dataclasses import dataclass
from typing import Any

from recipes.command_line import main
from recipes.coupled_config import CoupledConfig, Way


@dataclass(frozen=True)
class Config(CoupledConfig):
    """What is made."""

    classifier: str = "vgg16"
    ways: tuple[Way, ...] = ("pretrained", "untrained", "decoded", "improved", "spectral")
    classes: tuple[str, ...] = ("mosque", "candle", "leaf beetle", "lawn mower")  # the paper's figure 5


PRESETS = {
    "default": Config(),
    "smoke": Config(
        preset="smoke", limit=4, ways=("untrained",), classes=("mosque",), generator_steps=2, width=0.05
    ),
    "paper": Config(
        preset="paper", autoencoder="dae_photos_paper", generator_steps=500, width=1.0, pretrained_steps=1200,
        at_a_time=2,
    ),
}  # fmt: skip


def run(config: Config) -> dict[str, Any]:
    """Makes and judges; returns the ranks, by way and class."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    from rich.console import Console
    from rich.table import Table

    from kinv import analysis
    from kinv.figures import pictures as figures
    from kinv.models import target
    from recipes.coupled_material import find_classes, labels_of, prepare, results_folder
    from recipes.coupled_ways import TITLES
    from recipes.provenance import as_json

    coupling, judge = prepare(config, config.ways)
    network = coupling.network
    folder = results_folder(config, "coupled_classes", network)
    chosen = find_classes(network, config.classes)
    labels = labels_of(network, chosen)
    targets = {label: target.classes(index) for index, label in labels.items()}
    rows, numbers = {}, {}
    for way in config.ways:
        made = coupling.fill(coupling.shelf(folder, way), way, targets)
        own, other = (analysis.class_ranks(by, made, chosen) for by in (network, judge))
        rows[TITLES[way]] = made
        numbers[TITLES[way]] = {
            labels[index]: {network.name: int(a), judge.name: int(b)}
            for index, a, b in zip(chosen, own, other, strict=True)
        }
    figures.labelled_rows(rows, list(targets), 2.0).savefig(folder / "classes.png")
    everything = {"config": as_json(config), "ranks": numbers}
    (folder / "numbers.json").write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    table = Table("", *targets)
    for way, of in numbers.items():
        table.add_row(way, *(" / ".join(str(rank) for rank in ranks.values()) for ranks in of.values()))
    table.caption = f"classes that come before it in {network.name} / in {judge.name}"
    Console().print(table)
    print(f"Numbers and pictures: {folder}")
    return numbers


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
