"""Would a network do better on images of another range than it gets?

A network without biases predicts the same classes on images in 0..255 as on those in 0..1, but is sure of all of them.
So not only the share of right predictions counts, but their cross-entropy, too, or, without labels, their confidence.
"""

from collections.abc import Callable
from typing import Any, Literal

import keras
import numpy as np

from kinv.surgery.wrap import FULL_RANGE, value_range_of

from .evidence import confidence, cross_entropy, entropy, is_better

RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))
FEWEST = 20  # images, for what is estimated from them
GOOD = 0.25  # cross-entropy over that of one constant prediction: below, no other range is tried
HALF, INFORMED, AS_MANY = 0.5, 0.8, 0.02  # another range halves it, beats constant predictions and is as often right
SURE, MODERATE = 0.99, (0.4, 0.98)  # mean confidence of a network that gets too large values, and of one that does not
Severity = Literal["error", "warning"]


def better_range(
    classifier: keras.Model,
    logits_of: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    labels: np.ndarray | None,
    logits: np.ndarray,
    suspicious: bool,
) -> tuple[Severity, str] | None:
    """What speaks for another range, and how certainly; None if nothing does.

    Args:
        classifier: the network.
        logits_of: its logits `(N, K)` for images of any range.
        images: `(N, H, W, C)` in 0..255.
        labels: `(N,)`, or None.
        logits: of these images.
        suspicious: whether something else speaks against the predictions: they are at chance, or of one class.
    """
    if not (suspicious or _is_doubtful(logits, labels)):
        return None
    own, best = value_range_of(classifier) or FULL_RANGE, None
    for low, high in RANGES:
        if (low, high) == own:
            continue
        other = logits_of(_as_if_in(low, high, own, images))
        found = _said(other, logits, labels, suspicious, _name(own), _name((low, high)))
        misfit = -confidence(other) if labels is None else cross_entropy(other, labels)
        if found and (best is None or misfit < best[0]):
            argument = "" if (low, high) == FULL_RANGE else f", value_range=({low:g}, {high:g})"
            remedy = f"the network seems to expect {_name((low, high))}: kinv.wrap(model{argument})."
            best = misfit, found[0], f"{found[1]}: {remedy}"
    return best and best[1:]


def _is_doubtful(logits, labels):
    if len(logits) < FEWEST:
        return False
    return confidence(logits) > SURE if labels is None else cross_entropy(logits, labels) > GOOD * entropy(labels)


def _as_if_in(low: float, high: float, own: tuple[float, float], images: np.ndarray) -> Any:
    """Images that reach the network's first layer in the range low..high."""
    wanted = low + images.astype("float32") * ((high - low) / 255)
    return (wanted - own[0]) * (255 / (own[1] - own[0]))


def _said(other, logits, labels, suspicious, own, name) -> tuple[Severity, str] | None:
    predicted, others = logits.argmax(axis=1), other.argmax(axis=1)
    if labels is None:
        return _without_labels(other, logits, suspicious, own, name)
    accuracies = f"accuracy {np.mean(others == labels):.3f} on {name}, {np.mean(predicted == labels):.3f} on {own}"
    if is_better(others == labels, predicted == labels, labels):
        return "error", accuracies
    before, after = cross_entropy(logits, labels), cross_entropy(other, labels)
    as_many = np.mean(others == labels) >= np.mean(predicted == labels) - AS_MANY
    if len(labels) >= FEWEST and as_many and after <= min(HALF * before, INFORMED * entropy(labels)):
        return "error", f"cross-entropy {after:.2f} on {name}, {before:.2f} on {own}, {accuracies}"
    return None


def _without_labels(other, logits, suspicious, own, name) -> tuple[Severity, str] | None:
    predicted, others = logits.argmax(axis=1), other.argmax(axis=1)
    if len(logits) < FEWEST:
        return None
    before, after = np.exp(entropy(predicted)), np.exp(entropy(others))
    if suspicious and after > 3 * before:
        return "warning", f"{before:.1f} classes are predicted on {own}, {after:.1f} on {name}"
    kept, sure = np.mean(predicted == others), confidence(other)
    if kept > 0.5 and confidence(logits) > SURE and MODERATE[0] < sure < MODERATE[1] and after > before / 2:
        return "warning", f"mean confidence {confidence(logits):.3f} on {own}, {sure:.3f} on {name}"
    return None


def _name(value_range):
    return "..".join(f"{one:g}" for one in value_range)
