"""What a unit responds to: the inputs of a given norm that maximise its activation."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinv.arrays import as_numbers
from kinv.classifiers.classes import unit_names
from kinv.progress_bar import progress_bar
from kinv.results import TableResult
from kinv.surgery.tap import MEAN, Units, tap

from .ascent import Ascent, Image
from .named import unit_columns


@dataclass(frozen=True, repr=False)
class ActivationMaxima(TableResult):
    """The result of `maximize_activation`, for `K` units and `R` restarts.

    Attributes:
        layer: the units' layer.
        units: their indices, `(K,)`.
        inputs: float32 `(K, R, ...)`.
        activations: the activations of the units, `(K, R)`.
        converged: whether the activation had stopped rising, `(K, R)`.
        dead: whether the gradient at the start was zero or not finite, so that the input is still the start, `(K, R)`.
        names: the names of the units, `(K,)`, if they are those of classes.
    """

    layer: str
    units: np.ndarray
    inputs: np.ndarray
    activations: np.ndarray
    converged: np.ndarray
    dead: np.ndarray
    names: tuple[str, ...] | None = None

    def _numbers(self):
        best = self.best_activations
        return {
            "best_activations_from": best.min(),
            "to": best.max(),
            "converged": self.converged.mean(),
            "dead": self.dead.mean(),
        }

    def _columns(self):
        restarts = np.arange(self.activations.shape[1])
        return {
            **unit_columns(self, 2),
            "restart": restarts,
            "activation": self.activations,
            "converged": self.converged,
            "dead": self.dead,
            "best": restarts == self.best_restarts[:, None],
        }

    @property
    def best_restarts(self) -> np.ndarray:
        """The restart that reached the highest activation, `(K,)`."""
        return np.where(self.dead, -np.inf, self.activations).argmax(axis=1)

    @property
    def best(self) -> np.ndarray:
        """The input with the highest activation for every unit, `(K, ...)`."""
        return self.inputs[np.arange(len(self.units)), self.best_restarts]

    @property
    def best_activations(self) -> np.ndarray:
        """The highest activation of every unit, `(K,)`."""
        return self.activations[np.arange(len(self.units)), self.best_restarts]

    @property
    def spread(self) -> np.ndarray:
        """Standard deviation of the activation over restarts, relative to the best activation, `(K,)`."""
        return self.activations.std(axis=1) / np.maximum(np.abs(self.best_activations), 1e-12)

    @property
    def agreement(self) -> np.ndarray:
        """Mean cosine between the best input and those of the other restarts, `(K,)`; NaN with a single restart."""
        flat = self.inputs.reshape(*self.activations.shape, -1).astype("float64")
        flat /= np.maximum(np.linalg.norm(flat, axis=-1, keepdims=True), 1e-12)
        cosines = np.einsum("krd,kd->kr", flat, flat[np.arange(len(flat)), self.best_restarts])
        others = cosines.shape[1] - 1
        return (cosines.sum(axis=1) - 1) / others if others else np.full(len(cosines), np.nan)


def maximize_activation(
    model: Any,
    layer: str,
    units: Units = None,
    norm: float | None = None,
    restarts: int = 9,
    seed: int = 0,
    *,
    position: str | tuple[int, int] = MEAN,
    start: Any = None,
    value_range: tuple[float, float] | None = None,
    steps: int = 200,
    threshold: float = 1e-3,
    box: bool = False,
    variation_weight: float = 0.0,
    jitter: int = 0,
    cosine_waves: bool = False,
    batch_size: int | None = None,
    progress: bool = False,
) -> ActivationMaxima:
    """Gradient ascent to `max h(x)` subject to `|x| = norm`, for many units and starts at once.

    Erhan, Courville and Bengio 2010, section 4.2: after every step the input is rescaled to the norm. Steps follow
    the direction of the gradient; a step that would lower the activation is rejected, and the next one is shorter.
    An input has converged when five steps raise its activation by less than the share `threshold` of it. Others then
    take its place in the batch. The result for a unit does not depend on the other units, except for the jitter.

    Args:
        model: see `kinv.analysis.tap`; its inputs are not preprocessed.
        layer, units, position: see `kinv.analysis.tap`.
        norm: the norm of the inputs, such as the mean norm of the data. Default: that of uniform noise in
            `value_range`. `math.inf` removes the constraint.
        restarts: number of starts per unit; all units share them.
        seed: seed of the starts and of the jitter.
        start: inputs to start from instead, `(R, ...)`.
        value_range: the range in which starts are uniform; default: 0..1 for vectors, 0..255 for images.
        steps: the maximum number of steps.
        threshold: see above.

    The other arguments make images for networks of photographs readable, and are off by default:

    Args:
        box: whether to keep values in `value_range`. The norm may then be lower.
        variation_weight: weight of the penalty `ops.image_priors.total_variation` of `x / (high - low)`.
        jitter: the maximum shift of the image before every step, in pixels, with wrap-around. All `steps` are then
            taken, with decreasing length, and none is rejected.
        cosine_waves: whether to ascend in the amplitudes of cosine waves (`ops.dct`) instead of pixels.
        batch_size: inputs per batch; default: 1,024, or as many as have 4 million values, also in the layer's output.
        progress: whether to show a bar on stderr.

    Raises:
        ValueError: if units, the start or values are out of range or of the wrong shape.
    """
    tapped = tap(model, layer, units, position)
    start = None if start is None else as_numbers(start, "start")
    shape = _input_shape(tapped, start)
    low, high = value_range or ((0.0, 1.0) if len(shape) == 1 else (0.0, 255.0))
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"value_range must be two finite numbers, the lower first, received {value_range}")
    if restarts < 1 or steps < 1 or threshold < 0 or variation_weight < 0 or jitter < 0:
        raise ValueError(
            "restarts and steps must be at least 1 and threshold, variation_weight and jitter at least 0, received "
            f"{restarts}, {steps}, {threshold}, {variation_weight} and {jitter}"
        )
    if len(shape) != 3 and (variation_weight or jitter or cosine_waves):
        raise ValueError(f"variation_weight, jitter and cosine_waves are for images, received inputs of shape {shape}")
    if norm is None:
        norm = math.sqrt(math.prod(shape) * (low * low + low * high + high * high) / 3)
    if not norm > 0:
        raise ValueError(f"norm must be positive, received {norm}")
    if start is None:
        start = np.random.default_rng(seed).uniform(low, high, (restarts, *shape)).astype("float32")
    image = Image(shape, norm, (low, high), box, cosine_waves)
    ascent = Ascent(tapped, image, variation_weight, jitter, steps, threshold, seed)
    at_a_time = tapped.at_a_time(shape, batch_size)
    rows = (len(tapped.units), len(start))
    unit_of, start_of = (part.reshape(-1) for part in np.meshgrid(tapped.units, np.arange(len(start)), indexing="ij"))
    with progress_bar(f"maximizing units of {layer}", len(unit_of), progress) as advance:
        inputs, activations, converged, dead = ascent.climb(
            unit_of, start, start_of, min(at_a_time, len(unit_of)), advance
        )
    return ActivationMaxima(
        layer,
        tapped.units,
        inputs.reshape(*rows, *shape),
        activations.reshape(rows),
        converged.reshape(rows),
        dead.reshape(rows),
        unit_names(model, layer, tapped.units),
    )


def _input_shape(tapped, start):
    """The shape of one input, without the batch; the start gives sizes that the model leaves open."""
    shape = tapped.input_shape
    if start is not None:
        received = np.shape(start)
        if not received or not received[0] or not tapped.takes(received[1:]):
            raise ValueError(f"start must have shape (restarts, {', '.join(map(str, shape))}), received {received}")
        return received[1:]
    if None in shape:
        raise ValueError(f"The input shape {shape} of the model leaves sizes open: pass a start of the size you want.")
    return shape
