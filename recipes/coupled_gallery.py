"""A gallery: the image that a network likes best for each of its classes (Despraz et al. 2017, figure 4).

    python -m recipes.coupled_gallery                                     # default: 20 classes, 3 minutes
    python -m recipes.coupled_gallery --classes "golden retriever" 9 mosque
    python -m recipes.coupled_gallery --preset smoke                      # seconds: does it run?
    python -m recipes.coupled_gallery --preset paper                      # all classes

A file for every class, a contact sheet for every hundred, and an artifact, `Gallery`, with the decoder and all
features, where the way of making has a decoder that all share. Stopped and started again, it goes on where it was.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.experiment.material import license_of
from recipes.experiment.provenance import describe
from recipes.families.coupled_study import (
    SMOKE,
    CoupledConfig,
    Way,
    find_classes,
    judged,
    prepare,
    spread_classes,
    targets_of,
)  # fmt: skip


@dataclass(frozen=True)
class Config(CoupledConfig):
    """Which images are made."""

    output: Path = Path("artifacts")
    way: Way = "spectral"
    classes: tuple[str, ...] = ()  # names or indices; none: evenly spread
    count: int = 20  # of those
    of_a_sheet: int = 100


PRESETS = presets(
    default=Config(),
    smoke=Config(**SMOKE, count=3, of_a_sheet=2),
    paper=Config(count=1000),
)


@recipe(PRESETS, card="coupled_generator")
def run(config: Config, experiment: Experiment) -> dict[str, Any]:
    """Makes, judges and keeps; returns the numbers."""
    from recipes.families.coupled_ways import SHARED, TITLES

    experiment.about("coupled")
    coupling, judge = prepare(experiment, [config.way])
    network = coupling.network
    chosen = find_classes(network, config.classes) if config.classes else spread_classes(network, config.count)
    targets = targets_of(network, chosen)
    labels, images = list(targets), coupling.fill(config.way, targets)
    sheets = {}
    for begin in range(0, len(labels), max(1, config.of_a_sheet)):
        part = slice(begin, begin + max(1, config.of_a_sheet))
        sheets[f"sheet_{len(sheets):02d}.png"] = sheet(images[part], labels[part], network.name)
    metrics = judged(network, judge, images, chosen)
    if config.way in SHARED:
        known = {
            "way": TITLES[config.way],
            "classifier": describe(network),
            "judge": judge.name,
            "data": {"train": coupling.source.description, "license": license_of(coupling.source)},
        }
        gallery = collected(coupling, config.way, labels, experiment.name)
        experiment.keep_artifact(gallery, metrics, sheets, known=known, half=True, saved_model=False)
    else:
        print("No artifact: its images do not share a decoder.")
        experiment.keep_results(metrics, sheets)
    print(f"Files:    {coupling.kept(config.way).folder / 'images'}")
    first, five = metrics["first"], metrics["first_five_of_judge"]
    print(f"First in {network.name}: {first:.1%}; among the first five of {judge.name}: {five:.1%}")
    return metrics


def sheet(images: Any, labels: list[str], network: str) -> Any:
    """A contact sheet. Labels begin with the class's index."""
    from kinv.figures.images import contact_sheet

    title = f"Images that classes of {network} like best"
    return contact_sheet(images, [label.partition(" ")[2] for label in labels], 5, 1.7, title)


def collected(coupling: Any, way: str, labels: list[str], name: str) -> Any:
    """A `Gallery` of what was made in a way whose images share a decoder."""
    decoder, settings = coupling.decoder(way)
    gallery, kept = kinv.models.Gallery(labels, name=name, **settings), coupling.kept(way)
    gallery.collect(decoder, np.stack([kept.made_of(label)[0] for label in labels]))
    return gallery


if __name__ == "__main__":
    main(run, __doc__)
