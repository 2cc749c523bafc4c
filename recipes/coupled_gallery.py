"""A gallery: the picture that a network likes best for each of its classes (Despraz et al. 2017, figure 4).

    python -m recipes.coupled_gallery                                     # default: 20 classes, 3 minutes
    python -m recipes.coupled_gallery --classes "golden retriever" 9 mosque
    python -m recipes.coupled_gallery --preset smoke                      # seconds: does it run?
    python -m recipes.coupled_gallery --preset paper                      # all classes

A file for every class, a contact sheet for every hundred, and an artifact, `Gallery`, with the decoder and all
features, where the way of making has a decoder that all share. Stopped and started again, it goes on where it was.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recipes.command_line import main
from recipes.coupled_config import CoupledConfig, Way

CARD = "coupled"


@dataclass(frozen=True)
class Config(CoupledConfig):
    """Which pictures are made."""

    way: Way = "spectral"
    classes: tuple[str, ...] = ()  # names or indices; none: evenly spread
    count: int = 20  # of those
    of_a_sheet: int = 100
    artifacts: Path = Path("artifacts")  # the artifact's folder is made in here


PRESETS = {
    "default": Config(),
    "smoke": Config(preset="smoke", limit=4, count=3, at_a_time=2, spectral_size=64, spectral_steps=20, of_a_sheet=2),
    "paper": Config(preset="paper", count=1000),
}


def run(config: Config) -> dict[str, Any]:
    """Makes, judges and keeps; returns the numbers."""
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    import time

    import numpy as np

    from kinv import analysis
    from kinv.figures import pictures as figures
    from kinv.models import target
    from recipes.coupled_material import find_classes, labels_of, prepare, results_folder, spread_classes
    from recipes.coupled_ways import SHARED

    started = time.monotonic()
    coupling, judge = prepare(config, [config.way])
    network = coupling.network
    chosen = find_classes(network, config.classes) if config.classes else spread_classes(network, config.count)
    labels = list(labels_of(network, chosen).values())
    folder = results_folder(config, "coupled_gallery", network)
    shelf = coupling.shelf(folder, config.way)
    targets = {label: target.classes(index) for label, index in zip(labels, chosen, strict=True)}
    pictures = coupling.fill(shelf, config.way, targets)
    for old in folder.glob("sheet_*.png"):
        old.unlink()
    sheets = {}
    for begin in range(0, len(labels), max(1, config.of_a_sheet)):
        part = slice(begin, begin + max(1, config.of_a_sheet))
        sheets[f"sheet_{len(sheets):02d}.png"] = figures.contact_sheet(pictures[part], labels[part])
    for file_name, sheet in sheets.items():
        sheet.savefig(folder / file_name)
    own, other = (analysis.class_ranks(by, pictures, chosen) for by in (network, judge))
    numbers = {
        "first": float((own == 0).mean()),
        "first_five_of_judge": float((other < 5).mean()),
        "median_rank_of_judge": float(np.median(other)),
        **analysis.picture_statistics(pictures).as_dict(),
    }
    (folder / "numbers.json").write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    print(f"first in {network.name}: {numbers['first']:.1%}; of the first five in {judge.name}: ", end="")
    print(f"{numbers['first_five_of_judge']:.1%}")
    print(f"Pictures: {folder}")
    if config.way in SHARED:
        minutes = round((time.monotonic() - started) / 60, 1)
        _keep(config, coupling, judge, labels, shelf, numbers, sheets, minutes)
    else:
        print("No artifact: its pictures do not share a decoder.")
    return numbers


def _artifact_name(config, network, count) -> str:
    """`coupled_squeezenet` for the default, with suffixes for whatever differs."""
    plain = PRESETS["default"]
    parts = [
        config.way if config.way != plain.way else "",
        str(count) if config.classes or config.count != plain.count else "",
        f"seed{config.seed}" if config.seed != plain.seed else "",
        config.preset if config.preset != "default" else "",
    ]
    return "_".join(["coupled", network.name, *filter(None, parts)])


def _keep(config, coupling, judge, labels, shelf, numbers, sheets, minutes) -> None:
    import numpy as np

    import kinv
    from recipes import cards
    from recipes.coupled_ways import TITLES
    from recipes.provenance import as_json, describe, hardware

    name = _artifact_name(config, coupling.network, len(labels))
    decoder, settings = coupling.decoder(config.way)
    gallery = kinv.models.Gallery(labels, name=name, **settings)
    gallery.collect(decoder, np.stack([shelf.made_of(label)[0] for label in labels]))
    metadata = {
        "name": name,
        "recipe": "recipes.coupled_gallery",
        "config": as_json(config),
        "seed": config.seed,
        "way": TITLES[config.way],
        "metrics": numbers,
        "classifier": describe(coupling.network),
        "judge": judge.name,
        "data": {"train": coupling.source.description, "license": coupling.source.license},
        "minutes": minutes,
        "hardware": hardware(),
    }
    folder = kinv.save(
        gallery, config.artifacts / name, metadata, {file: sheet.savefig for file, sheet in sheets.items()},
        cards.template("recipes.coupled_gallery"), half=True, saved_model=False,
    )  # fmt: skip
    print(f"Artifact: {folder}")


if __name__ == "__main__":
    main(run, PRESETS, __doc__)
