"""Curves of predictions that stay, and example images at each magnitude with what the network says of them."""

from typing import Any

import numpy as np
from keras import ops

from kinv.analysis.screening import figures as sensitivity
from kinv.classifiers.predict import answers
from kinv.ops import TRANSFORMATIONS
from kinv.printable import file_stem

from ..examples import examples
from ..subject import BATCH, Subject
from ..words import amount, title_of


def make(subject: Subject) -> dict[str, Any]:
    """A card for each transformation."""
    screening = subject.screening
    images, _ = examples(subject, subject.settings.examples)
    chosen = [name for name in screening.accuracy["transformation"].unique() if name in TRANSFORMATIONS]
    measure = "accuracy" if subject.stream.labelled else "unchanged"
    figures = {name: sensitivity.accuracy_curves(screening.accuracy, name, measure=measure) for name in chosen}
    return {
        "cards": [_card(subject, screening.accuracy, name, images) for name in chosen],
        "chance": subject.predictions.chance,
        "labelled": subject.stream.labelled,
        "tables": [subject.keep_table(name, getattr(screening, name)) for name in ("accuracy", "critical_points")],
        "figures": [subject.keep_figure(f"curves/{name}", figure) for name, figure in figures.items()],
    }


def _card(subject, accuracy, name, images):
    table = accuracy[accuracy["transformation"] == name].sort_values("magnitude")
    transformation = TRANSFORMATIONS[name]
    magnitudes = table["magnitude"].to_numpy()
    original, _ = answers(subject.network, images, BATCH)
    prepared, points = transformation.prepare(ops.convert_to_tensor(images)), []
    seed = ops.convert_to_tensor([subject.seed, 0], dtype="int32")
    for row in table.to_dict("records"):
        given = ops.full((len(images),), row["magnitude"], dtype="float32")
        changed = ops.convert_to_numpy(transformation.apply(prepared, given, "zeros", seed))
        says, confidence = answers(subject.network, changed, BATCH)
        number = len(points)
        points.append(
            {
                **{key: row[key] for key in ("magnitude", "unchanged", "accuracy")},
                "low": row["unchanged_low"],
                "high": row["unchanged_high"],
                "label": amount(name, row["magnitude"], sign=True),
                "images": [
                    {
                        "file": subject.keep_image(f"curves/{file_stem(name)}-{number}-{place}", image),
                        "says": subject.names[says[place]],
                        "confidence": float(confidence[place]),
                        "same": bool(says[place] == original[place]),
                    }
                    for place, image in enumerate(changed)
                ],
            }
        )
    return {
        "transformation": name,
        "title": title_of(name),
        "points": points,
        "start": int(np.argmin(np.abs(magnitudes - transformation.neutral))),
    }
