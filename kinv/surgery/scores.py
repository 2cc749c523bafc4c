"""What a model's scores are, told by their values on random images: logits, probabilities, or neither."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from .cut import calls_in_order
from .ending import Ending
from .logits import Kind

logger = logging.getLogger("kinv.surgery")
PROBE_SIZE = 224  # side of the random images where the model leaves it open
EXTREME = 100  # times the contrast of these images: only what is bounded stays in 0..1
TOLERANCE, TOLERANCE_OF_HALVES = 1e-4, 2e-2  # of outputs, relative to the largest; of sums of probabilities
OF_LOGARITHMS = 10  # times as much is tolerated of logarithms of probabilities
SMALLEST, SMALLEST_OF_HALVES = 1e-30, 1e-3  # probabilities whose logarithms are known
HALVES = ("float16", "bfloat16")
PERCENT = 100


@dataclass(frozen=True)
class Scores:
    """A model's scores for the random images, and for these with a contrast that no image has.

    Attributes:
        name: of the model, for messages.
        own: `(4, N)`, for random images.
        extreme: the same for the extreme ones; None where the scores' form is known from the graph.
        tolerance: by how much numbers of the model's precision differ.
    """

    name: str
    own: np.ndarray
    extreme: np.ndarray | None
    tolerance: float

    @property
    def in_unit_range(self) -> bool:
        """Whether all lie in 0..1 for any image, and some are not 0."""
        return self._in_unit_range(1) and self.own.max() > 0

    @property
    def sum_to_one(self) -> bool:
        """Whether they are probabilities of exclusive classes, for any image; percentages count as well."""
        return any(
            self._in_unit_range(one) and bool(np.abs(self._all().sum(axis=1) / one - 1).max() <= self.tolerance)
            for one in (1, PERCENT)
        )

    def _in_unit_range(self, one):
        values, tolerance = self._all() / one, self.tolerance
        return self.extreme is not None and bool(values.min() >= -tolerance and values.max() <= 1 + tolerance)

    def _all(self):
        if self.extreme is None:
            return self.own
        return np.concatenate([self.own, self.extreme[np.isfinite(self.extreme).all(axis=1)]])


def kind_of(scores: Scores, ending: Ending | None, unit: int | None) -> Kind:
    """Which of the kinds of `Logits` the scores before the ending are; what is only guessed is logged in one line.

    Raises:
        ValueError: a softmax of one score, a chosen one of exclusive classes, or independent sigmoids.
    """
    name, width = scores.name, scores.own.shape[1]
    exclusive = ending == "softmax" or scores.sum_to_one
    if width == 1 and exclusive:
        raise ValueError(f"{name!r} returns a softmax of one score, which is always 1: end it with a sigmoid.")
    if unit is not None and exclusive:
        raise ValueError(f"{name!r} returns probabilities of exclusive classes: leave output out.")
    if width == 1 or unit is not None:
        if scores.in_unit_range:
            logger.warning("%s returns numbers in 0..1: they are taken as probabilities of the second class.", name)
            return "binary_probability"
        if ending != "sigmoid":
            logger.warning("%s returns one score: it is taken as the logit of the second of two classes.", name)
        return "binary_logit"
    if scores.sum_to_one:
        logger.warning("%s returns probabilities: their logarithms are taken as logits.", name)
        return "probabilities"
    if ending == "sigmoid" or scores.in_unit_range:
        returned = "ends in" if ending == "sigmoid" else "returns numbers in 0..1 that do not sum to 1, as of"
        raise ValueError(
            f"{name!r} {returned} {width} independent sigmoids, expected scores of exclusive classes: choose one with "
            "output=, a number or, with class_names, a name. Its two classes are then without and with it. If its "
            "scores are of exclusive classes, pass a model of their logits."
        )
    return "logits"


def explains(ending: Ending | None, before: np.ndarray, own: np.ndarray, tolerance: float) -> bool:
    """Whether this ending turns the values before it, `(B, N)`, into the model's own scores.

    Probabilities are compared as they are and by their logarithms: where one is almost 1, only these tell a wrong
    scale of the values.
    """
    if ending in (None, "linear"):
        return True
    values = before.astype("float64")
    if ending == "softmax":
        logarithms = values - np.logaddexp.reduce(values, axis=1, keepdims=True)
    else:
        logarithms = -np.logaddexp(0, -values)
    known = own >= (SMALLEST if tolerance == TOLERANCE else SMALLEST_OF_HALVES)
    missed = np.abs(logarithms[known] - np.log(own[known])) / np.maximum(1, np.abs(np.log(own[known])))
    return bool(
        np.abs(np.exp(logarithms) - own).max() <= tolerance
        and (not missed.size or missed.max() <= OF_LOGARITHMS * tolerance)
    )


def check_same(name: str, found: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    """Raises a ValueError if the wrapped network's logits are not those of the model's own outputs."""
    error = float(np.abs(found - expected).max())
    if not error <= tolerance * max(1.0, float(np.abs(expected).max())):
        raise ValueError(
            f"{name!r} can't be wrapped: its outputs differ by up to {error:.3g} in two calls on the same images. "
            "Either a layer draws random numbers, such as Dropout called with training=True, or the model computes "
            "something other than its graph: pass a deterministic keras.Model(images, logits)."
        )


def values_of(model: Callable[..., Any], inputs: Any) -> list[np.ndarray]:
    """A model's outputs, float32, in the order of its graph's."""
    outputs = keras.tree.flatten(model(inputs, training=False))
    return [ops.convert_to_numpy(ops.cast(output, "float32")) for output in outputs]


def tolerance_of(graph: keras.Model) -> float:
    """By how much equal outputs may differ: more if any of the model is in half precision."""
    parts = {layer.compute_dtype for layer in graph._flatten_layers(include_self=False)}
    parts |= {tensor.dtype for call in calls_in_order(graph) for tensor in call.outputs}
    return TOLERANCE_OF_HALVES if parts & set(HALVES) else TOLERANCE


def probes(shape: tuple[int | None, ...]) -> np.ndarray:
    """Random images in 0..255, float32 `(4, H, W, C)`: fine and coarse noise, a ramp and one colour."""
    random = np.random.default_rng(0)
    height, width, channels = (size or PROBE_SIZE for size in shape)
    fine = random.uniform(0, 255, (height, width, channels))
    coarse = np.kron(random.uniform(0, 255, (4, 4, channels)), np.ones((-(-height // 4), -(-width // 4), 1)))
    ramp = np.linspace(0, 255, height)[:, None, None] * random.uniform(0.2, 1, (1, width, channels))
    flat = np.broadcast_to(random.uniform(0, 255, channels), (height, width, channels))
    return np.stack([fine, coarse[:height, :width], ramp, flat]).round().astype("float32")


def extremes(images: np.ndarray) -> np.ndarray:
    """The same images with a contrast that no image has, both ways."""
    return np.concatenate([sign * EXTREME * (images - images.mean()) for sign in (1, -1)])
