"""What a network takes for part of a class: generated pictures beside a photograph (Despraz et al. 2017, figures 6, 7).

    python -m recipes.coupled_bias                       # default: the paper's classes, 9 minutes
    python -m recipes.coupled_bias --classes muzzle snorkel --data my/photos
    python -m recipes.coupled_bias --preset smoke        # seconds: does it run?

The paper finds babies in cribs and cradles, legs under miniskirts, dogs in muzzles, arms with harmonicas, and fishermen
with tenches. Beside the pictures stand the other classes that both networks see in them.
"""

import json
from dataclasses import dataclass
from typing import Any

from recipes.command_line import main
from recipes.coupled_config import CoupledConfig, Way


@dataclass(frozen=True)
class Config(CoupledConfig):
    """Which classes are looked at."""

    ways: tuple[Way, ...] = ("spectral", "decoded", "improved")
    classes: tuple[str, ...] = ("crib", "cradle", "miniskirt", "muzzle", "harmonica", "tench")  # names or indices
    others: int = 4  # classes that are named


PRESETS = {
    "default": Config(),
    "smoke": Config(
        preset="smoke", limit=4, ways=("spectral",), classes=("tench", "muzzle"), at_a_time=2, spectral_size=64,
        spectral_steps=20,
    ),
    "paper": Config(
        preset="paper", ways=("spectral", "decoded", "improved", "pretrained", "untrained"), generator_steps=500,
        width=1.0, pretrained_steps=1200, at_a_time=2,
    ),
}  # fmt: skip


def run(config: Config) -> dict[str, Any]:
    """Makes and looks; returns the other classes that are seen, by way and class."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    import numpy as np

    from kinv.figures import pictures as figures
    from kinv.models import target
    from recipes.coupled_material import class_names, find_classes, labels_of, prepare, results_folder
    from recipes.coupled_ways import TITLES
    from recipes.material import find_pictures
    from recipes.provenance import as_json

    coupling, judge = prepare(config, config.ways)
    network = coupling.network
    folder = results_folder(config, "coupled_bias", network)
    chosen, names = find_classes(network, config.classes), class_names(network)
    targets = {label: target.classes(index) for index, label in labels_of(network, chosen).items()}
    rows = {TITLES[way]: coupling.fill(coupling.shelf(folder, way), way, targets) for way in config.ways}
    size = rows[TITLES[config.ways[0]]].shape[1]
    source = find_pictures(config.data, config.download)
    rows["photograph"] = _photographs(source, names, chosen, size)
    missing = [label for label, picture in zip(targets, rows["photograph"], strict=True) if np.isnan(picture).all()]
    if missing:
        print(f"No photograph in {source.name}: {', '.join(missing)}")
    seen = {}
    for row, pictures in rows.items():
        there = [place for place, picture in enumerate(pictures) if np.isfinite(picture).all()]
        found = {
            by.name: _others(by, pictures[there], np.array(chosen)[there], config.others) for by in (network, judge)
        }
        seen[row] = {
            list(targets)[place]: {by: [names[index] for index in of[at]] for by, of in found.items()}
            for at, place in enumerate(there)
        }
    figures.labelled_rows(rows, [names[index] for index in chosen], 1.8).savefig(folder / "bias.png")
    everything = {"config": as_json(config), "others": seen}
    (folder / "others.json").write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    for row, of in seen.items():
        print(f"\n{row}: other classes that are seen")
        for name, by in of.items():
            print(f"- {name}: " + "; ".join(f"{who}: {', '.join(others)}" for who, others in by.items()))
    print(f"\nPictures: {folder}")
    return seen


def _photographs(source, names, chosen, size):
    """The first one of each class, `(classes, size, size, 3)`; NaN where there is none."""
    import numpy as np

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


def _others(network, pictures, own, count):
    """The classes that it answers with most, without the picture's own, `(N, count)`."""
    import numpy as np

    from kinv import analysis

    if not len(pictures):
        return np.zeros((0, count), int)
    answers = np.array(network(analysis.resized_for(network, pictures), training=False))
    answers[np.arange(len(own)), own] = -np.inf
    return np.argsort(-answers, axis=1)[:, :count]


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
