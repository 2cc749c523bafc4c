"""What single units like best, and whether those that fire at an image still do when it is transformed."""

from typing import Any

import numpy as np
import pandas as pd

from kinv.analysis.layers.movement import LayerMovement, measure_layers
from kinv.printable import file_stem
from kinv.surgery.tap import functional_core, last_layer

from ..magnitudes import magnitudes_for
from ..stages import Stage, stages_of
from ..subject import Subject
from ..unit_images import check_channels, liked_best
from ..words import title_of

AT = 3  # images at which a unit fires
FEWEST = 20  # images, of which these are few
SHOWN = 6  # units of a layer


def make(subject: Subject) -> dict[str, Any]:
    """For a middle layer and the last one: images that units like best, and how often they still fire."""
    check_channels(subject.network)
    images, _ = subject.sample(subject.settings.unit_images)
    if len(images) < FEWEST:
        raise ValueError(f"units fire at {AT} of the images, which must be at least {FEWEST}, received {len(images)}")
    stages = stages_of(subject.network, 3)
    chosen = list(dict.fromkeys([stages[(len(stages) - 1) // 2], stages[-1]]))
    magnitudes = magnitudes_for(subject.network)
    found = measure_layers(
        subject.network,
        images,
        list(magnitudes),
        magnitudes,
        layers=[stage.name for stage in chosen],
        firing=AT / len(images),
        seed=subject.seed,
        progress=subject.progress,
    )
    still = found.still_firing()
    return {
        "sentences": [],
        "layers": [_layer(subject, found, stage, still.loc[stage.name], images) for stage in chosen],
        "transformations": [title_of(name) for name in still.columns],
        "images": found.images,
        "at": AT,
        "chance": found.firing,
        "tables": [subject.keep_table("units", still.reset_index(names="layer"))],
        "figures": [],
    }


def _layer(subject: Subject, found: LayerMovement, stage: Stage, still: pd.Series, images: np.ndarray):
    assert found.units is not None
    fired = found.units[found.units["layer"] == stage.name].groupby("unit")["fired"].first().to_numpy()
    firing = np.flatnonzero(fired)
    liked = []
    if len(firing):
        units = firing[np.unique(np.linspace(0, len(firing) - 1, SHOWN).round().astype(int))]
        of_classes = stage.name == last_layer(functional_core(subject.network))
        best = liked_best(subject.network, stage.name, units, images, subject.settings.unit_steps, subject.seed)
        liked = [
            {
                "name": subject.names[unit] if of_classes else f"unit {unit}",
                "file": subject.keep_image(f"units/{file_stem(stage.name)}-{unit}", image),
                "answer": answer,
                "real": real,
            }
            for unit, image, answer, real in zip(units, best.images, best.answers, best.real, strict=True)
        ]
    return {
        "layer": stage.name,
        "depth": stage.depth,
        "of": stage.layers,
        "units": len(fired),
        "silent": int((fired == 0).sum()),
        "still": still.tolist(),
        "liked": liked,
    }
