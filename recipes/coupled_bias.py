"""What a network takes for part of a class: generated images beside a photograph (Despraz et al. 2017, figures 6, 7).

    python -m recipes.coupled_bias                       # default: the paper's classes, 9 minutes
    python -m recipes.coupled_bias --classes muzzle snorkel --data my/photos
    python -m recipes.coupled_bias --preset smoke        # seconds: does it run?

The paper finds babies in cribs and cradles, legs under miniskirts, dogs in muzzles, arms with harmonicas, and fishermen
with tenches. Beside the images stand the other classes that both networks see in them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

import kinv
from recipes.experiment.command_line import main
from recipes.experiment.experiment import Experiment, presets, recipe
from recipes.families.coupled_study import SMOKE, CoupledConfig, Way, class_names, find_classes, prepare, targets_of


@dataclass(frozen=True)
class Config(CoupledConfig):
    """Which classes are looked at."""

    ways: tuple[Way, ...] = ("spectral", "decoded", "improved")
    classes: tuple[str, ...] = ("crib", "cradle", "miniskirt", "muzzle", "harmonica", "tench")  # names or indices
    others: int = 4  # classes that are named
    photographs: bool = False  # whether the figure shows some of the data; may they be published?


PRESETS = presets(
    default=Config(),
    smoke=Config(**SMOKE, ways=("spectral",), classes=("tench", "muzzle")),
    paper=Config(
        ways=("spectral", "decoded", "improved", "pretrained", "untrained"), generator_steps=500, width=1.0,
        pretrained_steps=1200, at_a_time=2,
    ),
)  # fmt: skip


@recipe(PRESETS)
def run(config: Config, experiment: Experiment) -> dict[str, Any]:
    """Makes and looks; returns the other classes that are seen, by way and class."""
    from kinv.figures import images as figures
    from recipes.families.coupled_ways import TITLES

    coupling, judge = prepare(experiment, config.ways)
    network = coupling.network
    chosen, names = find_classes(network, config.classes), class_names(network)
    targets = targets_of(network, chosen)
    rows = {TITLES[way]: coupling.fill(way, targets) for way in config.ways}
    if config.photographs:
        rows["photograph"] = photographs(coupling.source, names, chosen, rows[TITLES[config.ways[0]]].shape[1])
        missing = [label for label, image in zip(targets, rows["photograph"], strict=True) if np.isnan(image).all()]
        if missing:
            print(f"No photograph in {coupling.source.name}: {', '.join(missing)}")
    seen = {}
    for row, images in rows.items():
        there = [place for place, image in enumerate(images) if np.isfinite(image).all()]
        found = {by.name: others(by, images[there], np.array(chosen)[there], config.others) for by in (network, judge)}
        seen[row] = {
            list(targets)[place]: {by: [names[index] for index in of[at]] for by, of in found.items()}
            for at, place in enumerate(there)
        }
    title = f"What {network.name} takes for part of a class"
    sheet = figures.labelled_rows(rows, [names[index] for index in chosen], 1.6, title)
    experiment.keep_results(seen, {"bias.png": sheet})
    for row, of in seen.items():
        print(f"\n{row}: other classes that are seen")
        for name, by in of.items():
            print(f"- {name}: " + "; ".join(f"{who}: {', '.join(classes)}" for who, classes in by.items()))
    return seen


def photographs(source, names, chosen, size):
    """The first one of each class, `(classes, size, size, 3)`; NaN where there is none."""
    found = np.full((len(chosen), size, size, 3), np.nan, "float32")
    if source.labels is None or source.class_names is None:
        return found
    same = list(source.class_names) == names  # else other folders, with names of their own
    for place, index in enumerate(chosen):
        of_class = np.flatnonzero(
            source.labels == index if same else np.array(source.class_names)[source.labels] == names[index]
        )
        if len(of_class):
            found[place] = source.read(int(of_class[0]), size)[0]
    return found


def others(network, images, own, count):
    """The classes with the largest logits, without the image's own, `(N, count)`."""
    if not len(images):
        return np.zeros((0, count), int)
    logits = np.array(network(kinv.analysis.resized_for(network, images), training=False))
    logits[np.arange(len(own)), own] = -np.inf
    return np.argsort(-logits, axis=1)[:, :count]


if __name__ == "__main__":
    main(run, __doc__)
