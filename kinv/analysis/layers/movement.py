"""How far the outputs of layers move when images are transformed.

Shapes: `B` images at a time, `L` layers, `P` points: a transformation at a magnitude; `D` values of a layer's output.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops

from kinv.analysis.screening.plans import planned
from kinv.backend import compile
from kinv.choices import checked_choice
from kinv.data.image_stream import ImageStream
from kinv.ops.affine import FILLS
from kinv.ops.transformations.by_name import BY_NAME
from kinv.progress_bar import progress_bar
from kinv.results import short_repr
from kinv.surgery.layer_outputs import layer_outputs
from kinv.surgery.stages import stages
from kinv.surgery.tap import functional_core

from .firing import Firing

POINTS = 8  # magnitudes of a transformation, by default
NORMAL = 1.96  # standard errors of a 95 % interval


@dataclass(frozen=True, repr=False)
class LayerMovement:
    """The result of `measure_layers`.

    Attributes:
        network: the network's name.
        images: how many there were.
        table: one row for each layer, transformation and magnitude, in the order of the network: columns layer, depth
            (0 for the first layer that was measured), transformation, magnitude, magnitude_2 (NaN but for composed
            ones), movement, low, high (95 % interval of the mean over images).
        distances: the distance between different images at each layer, root mean square, `{layer: distance}`.
        units: with `firing`, one row for each unit, transformation and magnitude: columns layer, unit, transformation,
            magnitude, magnitude_2, fired (at how many images), still (the share of these at which the unit fires when
            they are transformed; NaN if it never fires). Else None.
        firing: the share of the images at which units fire, which is the level of chance of `still`; or None.
    """

    network: str
    images: int
    table: pd.DataFrame
    distances: Mapping[str, float]
    units: pd.DataFrame | None = None
    firing: float | None = None

    def __repr__(self) -> str:
        layers, transformations = self.table["layer"].unique(), self.table["transformation"].unique()
        values = {"network": self.network, "images": self.images, "layers": tuple(layers)}
        return short_repr(self, values | {"transformations": tuple(transformations)})

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table

    def areas(self, of: str = "movement") -> pd.DataFrame:
        """Mean movement over the range of magnitudes of each transformation: a row a layer, a column a transformation.

        It is the area under the curve of movement over magnitude, relative to the range. For composed transformations,
        it is the mean over all magnitudes.

        Args:
            of: `"movement"`, or `"low"` or `"high"` for the ends of an interval that covers the mean movement with 95 %
                or more.
        """
        checked_choice("of", of, ("movement", "low", "high"))
        columns = {}
        for name, rows in self.table.groupby("transformation", sort=False):
            columns[name] = rows.groupby("layer", sort=False)[["magnitude", "magnitude_2", of]].apply(_area, of)
        return pd.DataFrame(columns)

    def still_firing(self) -> pd.DataFrame:
        """Mean share of images at which units still fire: a row a layer, a column a transformation.

        It is averaged over units, and over magnitudes but the neutral one (Goodfellow et al. 2009: the local firing
        rate). Units that never fire are left out.

        Raises:
            ValueError: units were not measured.
        """
        if self.units is None:
            raise ValueError("units were not measured: pass firing=0.01 to measure_layers")
        neutral = {name: transformation.neutral for name, transformation in BY_NAME.items()}
        moved = self.units[self.units["magnitude"] != self.units["transformation"].map(neutral)]
        shares = moved.groupby(["layer", "transformation"], sort=False)["still"].mean()
        return shares.unstack("transformation").reindex(self.units["layer"].unique())

    def summary(self) -> str:
        """In sentences: for each transformation, at which layer outputs move most and least."""
        lines = [f"{self.network}, {self.images} images; 1 is as far apart as another image."]
        for name, column in self.areas().items():
            first, last = column.index[0], column.index[-1]
            lines.append(
                f"{name}: {column[first]:.2f} at {first}, {column[last]:.2f} at {last}; least at {column.idxmin()} "
                f"({column.min():.2f}), most at {column.idxmax()} ({column.max():.2f})."
            )
        return "\n".join(lines)


def measure_layers(
    model: Any,
    images: Any,
    transformations: Sequence[Any] | str | None = None,
    magnitudes: Mapping[str, Any] | None = None,
    *,
    layers: Sequence[str] | None = None,
    firing: float | None = None,
    batch_size: int = 16,
    fill: str = "zeros",
    seed: int = 0,
    progress: bool = False,
) -> LayerMovement:
    """Measures how far the outputs of layers move when images are transformed, relative to other images.

    A movement of 0 is an output that stays what it was; of 1, an output that is as far away as that for another image
    (root mean square over all pairs of images). All layers are read in one pass of each transformed batch. Images are
    kept for a batch only.

    Args:
        model: Functional or Sequential, with one input, images `(B, H, W, C)` in 0..255; or one with a Functional core.
        images: at least two, as in `kinv.screen`.
        transformations, magnitudes, fill, seed: as in `kinv.screen`; by default, at eight magnitudes of each.
        layers: names of layers; default: `kinv.surgery.stages.stages` of the network.
        firing: also measures units, which fire at this share of the images, such as 0.01; see `Firing`. All images are
            then read twice, and the activations of all units are kept for all images.
        batch_size: images at a time.
        progress: whether to show a bar on stderr.

    Raises:
        ValueError: if images, layers, transformations or magnitudes can't be used, or outputs are not finite.

    Examples:
        >>> from kinv import classifiers, data
        >>> images, _ = data.load("mnist", "test", limit=4)
        >>> found = measure_layers(classifiers.load("digit_cnn"), images, ["rotation"], {"rotation": [-90, 90]})
        >>> bool((found.areas() > 0).all().all())
        True
    """
    core = functional_core(model)
    names = stages(core) if layers is None else list(layers)
    chosen = planned(transformations, magnitudes, POINTS)
    checked_choice("fill", fill, FILLS)
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, received {batch_size}")
    if firing is not None and not 0 < firing < 1:
        raise ValueError(f"firing must be a share of the images between 0 and 1, received {firing}")
    stream = ImageStream(core, images, use_labels=False)
    network = layer_outputs(core, names)
    units = None if firing is None else Firing(network, names, chosen, firing)
    if units is not None:
        for batch, _ in stream.batches(batch_size):
            units.see(ops.convert_to_tensor(batch.astype("float32")))
        units.set_thresholds()
    totals = _Totals(network, [len(points) for _, points in chosen])
    steps = sum(len(points) for _, points in chosen)
    with progress_bar(f"measuring layers of {core.name}", stream.count and stream.count * steps, progress) as advance:
        for number, (batch, _) in enumerate(stream.batches(batch_size)):
            batch = ops.convert_to_tensor(batch.astype("float32"))
            original, fired = totals.start(batch), None if units is None else units.start(batch)
            places = ops.convert_to_tensor([seed, number * batch_size], dtype="int32")
            for index, (transformation, points) in enumerate(chosen):
                prepared = transformation.prepare(batch)
                for place, point in enumerate(points):
                    given = np.repeat(point[None].astype("float32"), len(batch), axis=0)
                    changed = transformation.apply(prepared, ops.convert_to_tensor(given), fill, places)
                    totals.add(index, place, changed, original)
                    if units is not None and fired is not None:
                        units.add(index, place, changed, fired)
                    advance(len(batch))
    if totals.count < 2:
        raise ValueError(f"images must be at least two, of which one is the other's measure, received {totals.count}")
    distances = totals.distances()
    return LayerMovement(
        core.name,
        totals.count,
        _table(names, chosen, totals, distances),
        dict(zip(names, distances.tolist(), strict=True)),
        None if units is None else units.table(),
        firing,
    )


class _Totals:
    """Sums over images: of the layers' outputs, of their squares, and of how far outputs move."""

    def __init__(self, network: keras.Model, points: Sequence[int]):
        self.count, self.sums, self.squares = 0, None, 0.0
        self.moved = [np.zeros((2, size, len(network.outputs))) for size in points]  # of distances, and their squares

        def outputs(images):
            found = network(images, training=False)
            found = found if isinstance(found, (list, tuple)) else [found]
            return [ops.reshape(ops.cast(one, "float32"), (ops.shape(one)[0], -1)) for one in found]

        def distances(images, original):
            missed = (new - old for new, old in zip(outputs(images), original, strict=True))
            return ops.stack([_length(one) for one in missed])

        self._outputs, self._distances = compile(outputs), compile(distances)

    def start(self, images: Any) -> list[Any]:
        """The layers' outputs for a batch of images, which are added to the sums."""
        original = self._outputs(images)
        found = [ops.convert_to_numpy(one).astype("float64") for one in original]
        if not all(np.isfinite(one).all() for one in found):
            raise ValueError("outputs of layers must be finite, received NaN or infinity: check the network's weights")
        self.count += len(images)
        sums = [one.sum(axis=0) for one in found]
        self.sums = sums if self.sums is None else [old + new for old, new in zip(self.sums, sums, strict=True)]
        self.squares = self.squares + np.array([np.square(one).sum() for one in found])
        return original

    def add(self, index: int, place: int, images: Any, original: list[Any]) -> None:
        """Adds how far the outputs for transformed images are from the original ones."""
        moved = ops.convert_to_numpy(self._distances(images, original)).astype("float64")
        self.moved[index][0, place] += moved.sum(axis=1)
        self.moved[index][1, place] += np.square(moved).sum(axis=1)

    def distances(self) -> np.ndarray:
        """Root mean squared distances of two different images at each layer, `(L,)`."""
        assert self.sums is not None
        of_means = np.array([np.square(one).sum() for one in self.sums]) / self.count
        return np.sqrt(np.maximum(2 * (self.squares - of_means) / (self.count - 1), 0))


def _length(values):
    """The length of rows `(B, D)`, also of values whose squares vanish in float32."""
    largest = ops.max(ops.abs(values), axis=-1, keepdims=True)
    unit = ops.where(largest > 0, largest, ops.ones_like(largest))
    return ops.sqrt(ops.sum(ops.square(values / unit), axis=-1)) * ops.squeeze(unit, -1)


def _table(names, chosen, totals, distances):
    rows = []
    for (transformation, points), moved in zip(chosen, totals.moved, strict=True):
        mean = moved[0] / totals.count
        error = np.sqrt(np.maximum(moved[1] / totals.count - mean**2, 0) / (totals.count - 1))
        for depth, name in enumerate(names):
            with np.errstate(invalid="ignore", divide="ignore"):  # NaN where all images have the same output
                low, middle, high = (
                    (mean[:, depth] + factor * error[:, depth]) / distances[depth] for factor in (-NORMAL, 0, NORMAL)
                )
            both = points if points.ndim == 2 else np.stack([points, np.full(len(points), math.nan)], axis=-1)
            rows.append(
                pd.DataFrame(
                    {
                        "layer": name,
                        "depth": depth,
                        "transformation": transformation.name,
                        "magnitude": both[:, 0],
                        "magnitude_2": both[:, 1],
                        "movement": middle,
                        "low": np.maximum(low, 0),
                        "high": high,
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def _area(rows: pd.DataFrame, of: str) -> float:
    if rows["magnitude_2"].notna().any() or len(rows) < 2:
        return float(rows[of].mean())
    magnitudes = rows["magnitude"].to_numpy()
    return float(np.trapezoid(rows[of].to_numpy(), magnitudes) / (magnitudes[-1] - magnitudes[0]))
