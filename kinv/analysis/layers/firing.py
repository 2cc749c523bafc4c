"""Which images units fire at, and whether they still do when these are transformed (Goodfellow et al. 2009).

Shapes: `B` images at a time of `N` in all, `L` layers, `U` units of a layer.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops

from kinv.analysis.screening.plans import Plan
from kinv.backend import compile


class Firing:
    """Counts how often units that fire at an image still fire when it is transformed.

    A unit's threshold is the activation that it exceeds for a given share of the images (section 3: 1 %), halfway to
    that for the next image. Of a convolution, a filter at the middle of its map is a unit, as one that looked for its
    maximum would be invariant to shifts whatever it looks for. Units with the same activation for all images never
    fire.

    Args:
        network: images to outputs of layers, see `layer_outputs`.
        names: of the layers.
        plans: transformations, and the magnitudes of each.
        share: of the images at which a unit fires, in 0..1.
    """

    def __init__(self, network: keras.Model, names: Sequence[str], plans: Sequence[Plan], share: float):
        self.names, self.plans, self.share = list(names), plans, share
        self._seen: list[list[np.ndarray]] = []
        self.thresholds: list[np.ndarray] = []
        self.fired: list[np.ndarray] = []

        def units(images):
            found = network(images, training=False)
            return [_units(one) for one in (found if isinstance(found, (list, tuple)) else [found])]

        self._units = compile(units)

    def see(self, images: Any) -> None:
        """Looks at images `(B, H, W, C)`, from which thresholds are made."""
        self._seen.append([ops.convert_to_numpy(one) for one in self._units(images)])

    def set_thresholds(self) -> None:
        """Sets every unit's threshold, once all images, at least two, were seen."""
        for values in (np.concatenate(parts) for parts in zip(*self._seen, strict=True)):
            fire = min(max(1, round(self.share * len(values))), len(values) - 1)
            self.thresholds.append(np.sort(values, axis=0)[-fire - 1 : len(values) - fire + 1].mean(axis=0))
            self.fired.append(np.zeros(values.shape[1], int))
        self.still = [[np.zeros((len(points), len(one)), int) for one in self.fired] for _, points in self.plans]
        self._seen = []

    def start(self, images: Any) -> list[np.ndarray]:
        """Which units fire at images `(B, H, W, C)`: bool `(B, U)` for each layer."""
        firing = self._fire(images)
        for total, one in zip(self.fired, firing, strict=True):
            total += one.sum(axis=0)
        return firing

    def add(self, index: int, place: int, images: Any, firing: Sequence[np.ndarray]) -> None:
        """Counts the units that fire at the images, and at what they became under a transformation."""
        for total, before, after in zip(self.still[index], firing, self._fire(images), strict=True):
            total[place] += (before & after).sum(axis=0)

    def table(self) -> pd.DataFrame:
        """A row for each unit, transformation and magnitude; see `LayerMovement.units`."""
        parts = []
        for (transformation, points), still in zip(self.plans, self.still, strict=True):
            both = points if points.ndim == 2 else np.stack([points, np.full(len(points), np.nan)], axis=-1)
            for name, counts, fired in zip(self.names, still, self.fired, strict=True):
                rows, units = np.meshgrid(np.arange(len(points)), np.arange(len(fired)), indexing="ij")
                with np.errstate(invalid="ignore"):
                    shares = (counts / fired).ravel()  # NaN of units that never fire
                parts.append(
                    pd.DataFrame(
                        {
                            "layer": name,
                            "unit": units.ravel(),
                            "transformation": transformation.name,
                            "magnitude": both[rows.ravel(), 0],
                            "magnitude_2": both[rows.ravel(), 1],
                            "fired": fired[units.ravel()],
                            "still": shares,
                        }
                    )
                )
        return pd.concat(parts, ignore_index=True)

    def _fire(self, images):
        found = (ops.convert_to_numpy(one) for one in self._units(images))
        return [values > threshold for values, threshold in zip(found, self.thresholds, strict=True)]


def _units(output):
    output = ops.cast(output, "float32")
    if len(output.shape) == 4:
        output = output[:, output.shape[1] // 2, output.shape[2] // 2]
    return ops.reshape(output, (ops.shape(output)[0], -1))
