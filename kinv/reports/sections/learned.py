"""Transformations that a short training learns from the network, held against random and hand-made ones."""

from typing import Any

import numpy as np
from keras import ops

from kinv.artifacts import save
from kinv.classifiers.predict import answers
from kinv.printable import file_stem, printable

from ..affine_words import described
from ..learned_words import explored, sentence, shares, verdicts
from ..learning import compared, evenly, learned_from, usable_halves
from ..subject import BATCH, Subject

FOLDER = "learned"  # of the artifact, beside the page
SPACE_GRID, COLOR_GRID = 5, 3  # steps of each of two sliders
MIDDLE = (0.5, 0.5)  # of the control parameters
SHEET, DRAWN = 4, 4  # images, and transformations of each


def make(subject: Subject) -> dict[str, Any]:
    """Shares of predictions kept, a sheet, sliders, and the place of the trained transformer."""
    halves = usable_halves(subject)
    transformer = learned_from(subject, halves)
    comparison = compared(subject, halves, transformer)
    shown = evenly(halves.held_out, SHEET)
    examples = evenly(halves.held_out, subject.settings.examples)
    of_space, of_color = grid(SPACE_GRID), grid(COLOR_GRID)
    color, space = (ops.convert_to_numpy(part) for part in transformer.matrices(of_space, of_space))
    _keep(subject, transformer, comparison, halves.labelled)
    return {
        "sentences": [sentence(printable(subject.name), comparison)],
        "rows": shares(comparison),
        "verdicts": verdicts(comparison),
        "explored": explored(comparison),
        "hand_made": list(comparison.hand_made or ()),
        "images": comparison.learned_unchanged.shape[1],
        "trained_on": len(halves.train),
        "draws": len(comparison.learned_unchanged),
        "labelled": halves.labelled,
        "does": described(space, color, halves.train.shape[2] / halves.train.shape[1]),
        "sheet": _sheet(subject, transformer, shown),
        "space": _frames(subject, transformer, examples, "space", of_space),
        "color": _frames(subject, transformer, examples, "color", of_color),
        "steps": {"space": steps(SPACE_GRID), "color": steps(COLOR_GRID)},
        "folder": FOLDER,
        "channels": halves.train.shape[-1],
        "tables": [subject.keep_table("learned", comparison.to_frame())],
        "figures": [subject.keep_figure("learned/corners", transformer.plot(examples, subject.names))],
    }


def grid(count: int) -> np.ndarray:
    """All pairs of `count` numbers in 0..1, row by row, `(count * count, 2)`."""
    line = np.linspace(0, 1, count, dtype="float32")
    return np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)


def steps(count: int) -> list[str]:
    """The same numbers in words."""
    return [f"{value:.2g}" for value in np.linspace(0, 1, count)]


def _frames(subject, transformer, images, part, points):
    """The images at every point of a grid over `k_space` or `k_color`, with what the network says."""
    before, _ = answers(subject.network, images, BATCH)
    frames = []
    for number, k in enumerate(points):
        k_color, k_space = (k, MIDDLE) if part == "color" else (MIDDLE, k)
        changed = ops.convert_to_numpy(transformer.transform(images, k_color, k_space))
        frames.append(_said(subject, f"{part}-{number}", changed, before))
    return frames


def _sheet(subject, transformer, images):
    """A row for each image: as it is, and transformed at random."""
    before, _ = answers(subject.network, images, BATCH)
    columns = [
        _said(subject, f"sheet-{draw}", ops.convert_to_numpy(transformer.augment(images, subject.seed + draw)), before)
        for draw in range(DRAWN)
    ]
    originals = _said(subject, "original", images, before)
    return [{"original": originals[row], "learned": [column[row] for column in columns]} for row in range(len(images))]


def _said(subject, name, images, before):
    says, confidence = answers(subject.network, images, BATCH)
    return [
        {
            "file": subject.keep_image(f"learned/{name}-{place}", image),
            "says": subject.names[says[place]],
            "confidence": float(confidence[place]),
            "same": bool(says[place] == before[place]),
        }
        for place, image in enumerate(images)
    ]


def _keep(subject, transformer, comparison, labelled):
    """The trained transformer as an artifact beside the page; one of a killed run is replaced."""
    metadata = {
        "name": f"itn_{file_stem(subject.name)}",
        "seed": subject.seed,
        "metrics": comparison.metrics(),
        "held_out": {"images": comparison.learned_unchanged.shape[1], "draws": len(comparison.learned_unchanged)},
        "labels": "given" if labelled else "the network's own predictions",
        "data": {"train": f"one half of {subject.stream.description}", "held_out": "the other half"},
    }
    save(transformer, subject.folder / FOLDER, metadata)
