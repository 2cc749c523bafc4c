"""How far transformations move the outputs of layers: where in the network it is ignored."""

from typing import Any

from kinv.analysis.layers.figures import heat_map
from kinv.analysis.layers.movement import LayerMovement, measure_layers
from kinv.ops import TRANSFORMATIONS
from kinv.printable import printable

from ..magnitudes import magnitudes_for
from ..stages import Stage, stages_of
from ..subject import Subject
from ..words import amount, listed, title_of

GONE = 0.2  # times the distance to another image: less is hardly a movement
NAMED = 3  # transformations in a sentence


def make(subject: Subject) -> dict[str, Any]:
    """A row for each layer, with the movement under each transformation."""
    stages = stages_of(subject.network, subject.settings.layers)
    images, _ = subject.sample(subject.settings.layer_images)
    magnitudes = magnitudes_for(subject.network)
    found = measure_layers(
        subject.network,
        images,
        list(magnitudes),
        magnitudes,
        layers=[stage.name for stage in stages],
        seed=subject.seed,
        progress=subject.progress,
    )
    rows = _rows(found, stages)
    if not rows:
        raise ValueError("no layer answers differently to different images, so there is nothing to compare with")
    return {
        "sentences": _sentences(rows),
        "transformations": [
            {
                "name": name,
                "title": title_of(name),
                "range": [
                    amount(name, end, sign=True)
                    for end in (
                        min(TRANSFORMATIONS[name].neutral, *values),
                        max(TRANSFORMATIONS[name].neutral, *values),
                    )
                ],
            }
            for name, values in magnitudes.items()
        ],
        "rows": rows,
        "images": found.images,
        "tables": [subject.keep_table("layers", found.to_frame())],
        "figures": [subject.keep_figure("layers", heat_map(found))],
    }


def _rows(found: LayerMovement, stages: list[Stage]) -> list[dict[str, Any]]:
    """The layers in order; those that answer alike to all images have no measure, and are left out."""
    parts = {name: found.areas(name) for name in ("movement", "low", "high")}
    return [
        {
            "layer": stage.name,
            "depth": stage.depth,
            "of": stage.layers,
            "cells": [
                {"transformation": name, **{part: areas.loc[stage.name, name] for part, areas in parts.items()}}
                for name in parts["movement"].columns
            ],
        }
        for stage in stages
        if found.distances[stage.name] > 0
    ]


def _sentences(rows: list[dict[str, Any]]) -> list[str]:
    return [_at_the_end(rows), _along_the_way(rows)]


def _at_the_end(rows):
    cells = sorted(rows[-1]["cells"], key=lambda cell: cell["movement"])
    least, most = cells[0], cells[-1]
    where = f"At the last layer, {printable(rows[-1]['layer'])},"
    gone = [cell for cell in cells if cell["high"] < GONE]
    if gone:
        return (
            f"{where} little is left of {_names(gone)}: they move its output by less than {GONE} times the distance to "
            f"another image; {_name(most)} by {most['movement']:.2f}."
        )
    if least["high"] >= most["low"]:
        return (
            f"{where} all transformations move the output about equally far: by {least['low']:.2f} to "
            f"{most['high']:.2f} times the distance to another image."
        )
    return (
        f"{where} {_name(most)} moves the output by {most['movement']:.2f} times the distance to another image, "
        f"{_name(least)} only by {least['movement']:.2f}."
    )


def _along_the_way(rows):
    """Which movements are smaller or larger at the last layer than at the first, beyond their intervals."""
    pairs = list(zip(rows[0]["cells"], rows[-1]["cells"], strict=True))
    falls = sorted((pair for pair in pairs if pair[1]["high"] < pair[0]["low"]), key=lambda pair: _change(*pair))
    rises = sorted((pair for pair in pairs if pair[1]["low"] > pair[0]["high"]), key=lambda pair: -_change(*pair))
    said = [
        f"{word} for {_names([first for first, _ in chosen])}"
        for word, chosen in (("falls", falls), ("rises", rises))
        if chosen
    ]
    if len(rows) < 2 or not said:
        return "With depth, movements neither fall nor rise beyond their intervals."
    return f"From the first to the last layer, movement {' and '.join(said)}."


def _change(first, last):
    return last["movement"] - first["movement"]


def _names(cells):
    rest = len(cells) - NAMED
    shown = [_name(cell) for cell in cells[: NAMED if rest != 1 else NAMED + 1]]
    return listed([*shown, f"{rest} more"] if rest > 1 else shown)


def _name(cell):
    title = title_of(cell["transformation"])
    return title[:1].lower() + title[1:]
