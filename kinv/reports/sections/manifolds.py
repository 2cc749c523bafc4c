"""How far an image may change while a class unit still answers as to the image that it likes best."""

from typing import Any

import numpy as np

from kinv.analysis.units.manifold import trace_manifold
from kinv.printable import file_stem
from kinv.surgery.tap import functional_core, last_layer

from ..subject import Subject
from ..unit_images import check_channels, liked_best

DISTANCES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # of the norm of the image to start from
UNITS = 2  # of the classes that are predicted most
STEPS = 25  # for each distance, at most
SPECTRUM = 60  # images of which the norm is taken


def make(subject: Subject) -> dict[str, Any]:
    """For two classes: images farther and farther away, to which the class's unit answers as much as it can."""
    check_channels(subject.network)
    core = functional_core(subject.network)
    layer = last_layer(core)
    if layer is None:
        raise ValueError("the network does not end in a layer with a unit for each class")
    images, _ = subject.sample(SPECTRUM)
    counts = np.bincount(subject.predictions.classes)
    units = np.sort(np.argsort(-counts, kind="stable")[: min(UNITS, np.count_nonzero(counts))])
    liked = liked_best(core, layer, units, images, subject.settings.unit_steps, subject.seed)
    pleased = liked.answers > 0
    if not pleased.any():
        raise ValueError("no image was found to which the unit of a class answers")
    units, start = units[pleased], liked.images[pleased]
    found = trace_manifold(core, layer, units, start, DISTANCES, seed=subject.seed, starts=1, steps=STEPS)
    return {
        "sentences": [],
        "layer": layer,
        "units": [
            {
                "name": subject.names[unit],
                "frames": [
                    {
                        "distance": distance,
                        "label": f"{distance:.0%}".replace("%", " %"),
                        "kept": activations[place] / activations[0],
                        "linear": 1 - distance**2 / 2,
                        "file": subject.keep_image(f"manifolds/{file_stem(unit)}-{place}", path[place]),
                    }
                    for place, distance in enumerate(DISTANCES)
                ],
            }
            for unit, path, activations in zip(units, found.inputs[:, 0], found.activations[:, 0], strict=True)
        ],
        "tables": [subject.keep_table("manifolds", found.to_frame())],
        "figures": [],
    }
