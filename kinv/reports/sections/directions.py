"""Mixtures of small changes that the network ignores most and least, at the ends of their reach."""

from typing import Any

import numpy as np

from kinv.analysis.directions.directions import invariant_directions
from kinv.analysis.directions.figures import bars, changed, ends_shown, strips
from kinv.analysis.directions.parts import PARTS
from kinv.analysis.directions.result import TITLES, Directions
from kinv.classifiers.predict import answers
from kinv.printable import printable

from ..direction_words import sentences
from ..subject import BATCH, Subject

ENDS = "back", "ahead"


def make(subject: Subject) -> dict[str, Any]:
    """Rows of three images, for the most and the least ignored directions of space and of colour."""
    images, labels = subject.sample(subject.settings.direction_images)
    found = invariant_directions(
        subject.network,
        images,
        labels,
        limit=len(images),
        reach_images=subject.settings.direction_reach_images,
        seed=subject.seed,
        class_names=subject.names,
        progress=subject.progress,
    )
    shown = _example(subject, images, labels)
    before, confidence = answers(subject.network, shown, BATCH)
    return {
        "sentences": sentences(printable(subject.name), found),
        "original": {
            "file": subject.keep_image("directions/original", shown[0]),
            "says": subject.names[int(before[0])],
            "confidence": float(confidence[0]),
        },
        "parts": [
            {
                "title": TITLES[part],
                "random": found[part].random,
                "agreement": found[part].agreement,
                "rows": [
                    _row(subject, found[part], index, shown, int(before[0])) for index in ends_shown(len(found[part]))
                ],
            }
            for part in PARTS
        ],
        "images": len(found.classes),
        "reach_images": found.reach_images,
        "share": found.share,
        "labelled": labels is not None,
        "tables": [
            subject.keep_table("directions", found.to_frame()),
            subject.keep_table("directions_generators", found.generators()),
        ],
        "figures": [
            subject.keep_figure("directions/strips", strips(found, shown[0])),
            subject.keep_figure("directions/bars", bars(found)),
        ],
    }


def _example(subject: Subject, images: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
    """The image of whose class the network is surest, of those that it gets right: `(1, H, W, C)`."""
    classes, confidence = answers(subject.network, images, BATCH)
    right = np.ones(len(images), bool) if labels is None else classes == labels
    return images[[int(np.where(right, confidence, -1).argmax())]]


def _row(subject: Subject, directions: Directions, index: int, shown: np.ndarray, before: int) -> dict[str, Any]:
    """A direction, with the example at both ends of its reach and what the network says there."""
    frames = changed(directions.maps(index), directions.part, shown)
    classes, confidence = answers(subject.network, frames, BATCH)
    seen, amounts = directions.seen(index), directions.amounts(index)
    return {
        "name": directions.names[index],
        "most": index < len(directions) / 2,
        "relative": directions.movement[index] / (directions.random or 1.0),
        "low": directions.interval[index, 0] / (directions.random or 1.0),
        "high": directions.interval[index, 1] / (directions.random or 1.0),
        "ends": [
            {
                "file": subject.keep_image(f"directions/{directions.part}-{index}-{end}", frames[place]),
                "words": seen[place],
                "amount": float(amounts[place]),
                "says": subject.names[int(classes[place])],
                "confidence": float(confidence[place]),
                "same": int(classes[place]) == before,
            }
            for place, end in enumerate(ENDS)
        ],
    }
