"""Do images, labels and network belong together? Asked of a few images before hours are spent on all.

Each question compares how many predictions are right, or how they are distributed, with what they would be after the
usual mistake: pixel values of another range, labels that start at 1, classes in another order.
"""

import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import keras
import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import binom

from kinv.data.image_stream import ImageStream
from kinv.printable import printable
from kinv.surgery.logits import class_names as own_names
from kinv.surgery.logits import logits_layer

from .classes import class_names
from .evidence import confidence, is_better
from .expected_range import FEWEST, Severity, better_range
from .predict import logits_in_batches

logger = logging.getLogger("kinv.classifiers")
IMAGES = 200
LONGEST_NAME = 40  # letters of a class name in a message
PER_CLASS = 4  # images of a class, for what is estimated from them
ONE_SIDED = 0.9  # share of the predictions in one class
SUM_TOLERANCE = 1e-2  # of probabilities in half precision


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or doubtful.

    Attributes:
        about: what it is about: `range`, `labels`, `class order`, `predictions`, `accuracy`, `classes`.
        severity: `"error"` or `"warning"`.
        message: what was seen, and what would be right.
    """

    about: str
    severity: Severity
    message: str


@dataclass(frozen=True)
class Preflight:
    """What `preflight` saw.

    Attributes:
        images: how many were looked at.
        accuracy: share of predictions at the label, NaN without labels.
        chance: that of guessing, 1 / classes.
        confidence: mean softmax output of the predicted class.
        largest_share: share of the predictions in the class that is predicted most.
        findings: what is wrong or doubtful.
    """

    images: int
    accuracy: float
    chance: float
    confidence: float
    largest_share: float
    findings: tuple[Finding, ...] = field(default=())

    def __repr__(self) -> str:
        return f"Preflight({self.images} images, {', '.join(self.summary().splitlines())})"

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong; something may be doubtful."""
        return not any(finding.severity == "error" for finding in self.findings)

    def summary(self) -> str:
        """One line, and one for each finding."""
        right = "no labels" if math.isnan(self.accuracy) else f"accuracy {self.accuracy:.3f} (chance {self.chance:.3f})"
        lines = [f"{self.images} images: {right}, mean confidence {self.confidence:.3f}"]
        return "\n".join([*lines, *(f"{finding.severity}: {finding.message}" for finding in self.findings)])

    def to_dict(self) -> dict[str, Any]:
        """JSON values, for results and artifacts."""
        values = asdict(self)
        return {**values, "accuracy": None if math.isnan(self.accuracy) else self.accuracy}

    def enforce(self) -> "Preflight":
        """Raises a ValueError for what is wrong, and logs one warning of what is doubtful."""
        wrong = [finding.message for finding in self.findings if finding.severity == "error"]
        if wrong:
            raise ValueError(" ".join(wrong) + " (If that is what you want: preflight=False.)")
        if self.findings:
            logger.warning("%s", " ".join(finding.message for finding in self.findings))
        return self


def preflight(classifier: keras.Model, images: Any, labels: Any = None, *, limit: int = IMAGES) -> Preflight:
    """Checks on a few images that images, labels and network belong together.

    Args:
        classifier: images `(B, H, W, C)` in 0..255 to logits, see `kinv.wrap`.
        images: an array `(N, H, W, C)`; a folder or the name of a data set; or a `tf.data.Dataset`.
        labels: `(N,)`, `(N, 1)` or one-hot, with an array only.
        limit: how many images to look at, spread evenly over all.

    Returns:
        Numbers and findings; `enforce` turns them into an error or a warning.

    Raises:
        ValueError: images or labels that can't be used at all: another shape or range, or no classes of the network.

    Examples:
        >>> import numpy as np
        >>> from kinv import classifiers
        >>> preflight(classifiers.build("digit_cnn"), np.full((3, 28, 28, 1), 100, "float32")).passed
        True
    """
    if limit < 1:
        raise ValueError(f"limit must be at least 1, received {limit}")
    stream = ImageStream(classifier, images, labels)
    return check_sample(classifier, *stream.sample(limit), stream.class_names)


def check_sample(
    classifier: keras.Model, images: np.ndarray, labels: np.ndarray | None, names: Sequence[str] | None = None
) -> Preflight:
    """`preflight` of all of these images `(N, H, W, C)`, with class indices `(N,)`, and the data set's class names."""
    count, classes = len(images), classifier.output_shape[-1]
    logits = _logits(classifier, images)
    predicted = logits.argmax(axis=1)
    share = np.bincount(predicted, minlength=classes).max() / count
    known = class_names(classifier, names)
    findings = [
        *_of_classes(names, classes, classifier),
        *_of_answers(classifier, logits, predicted, labels, share, images, known),
    ]
    right = None if labels is None else predicted == labels
    at_chance = right is not None and binom.sf(right.sum() - 1, count, 1 / classes) > 0.01
    suspicious = bool(at_chance or share > ONE_SIDED)
    other = better_range(classifier, partial(_logits, classifier), images, labels, logits, suspicious)
    if other:
        findings.append(Finding("range", *other))
    if labels is not None and right is not None and not any(one.severity == "error" for one in findings):
        findings += _of_order(predicted, labels, right, classes, names or known)
        if at_chance and count >= FEWEST and not any(one.severity == "error" for one in findings):
            findings.append(
                Finding(
                    "accuracy",
                    "warning",
                    f"Accuracy is {right.mean():.3f} on {count} images, no better than chance ({1 / classes:.3f}): "
                    "check weights, preprocessing and labels.",
                )
            )
    return Preflight(
        count,
        math.nan if right is None else float(right.mean()),
        1 / classes,
        confidence(logits),
        float(share),
        tuple(findings),
    )


def _of_classes(names, classes, classifier):
    known = own_names(classifier)
    if names is not None and len(names) != classes:
        yield Finding(
            "classes", "error", f"The data set has {len(names)} classes, the network {classes}: use one of the other."
        )
    elif names is not None and known is not None and sorted(names) == sorted(known) and list(names) != list(known):
        yield Finding(
            "class order",
            "error",
            "The data set's classes are the network's in another order: load it with class_names= of the network.",
        )


def _of_answers(classifier, logits, predicted, labels, share, images, names):
    if logits_layer(classifier) is None and logits.min() >= 0 and np.abs(logits.sum(axis=1) - 1).max() < SUM_TOLERANCE:
        yield Finding(
            "predictions", "error", "The network returns probabilities, expected logits: pass kinv.wrap(model)."
        )
    different = len(images) > 1 and (images != images[:1]).any()
    if different and np.ptp(logits, axis=0).max() <= 1e-6 * np.abs(logits).max():
        yield Finding(
            "predictions",
            "error",
            "The network answers the same to every image: check its weights, and the range of the images it expects.",
        )
    elif len(images) >= FEWEST and share > ONE_SIDED:
        expected = share if labels is None else np.bincount(labels).max() / len(labels)
        if labels is None or expected < 0.5:
            most = np.bincount(predicted).argmax()
            named = f"{most} ({names[most]})" if names else most
            yield Finding(
                "predictions",
                "warning",
                f"{share:.0%} of the predictions are class {named}: check weights, preprocessing and the order of "
                "images.",
            )


def _of_order(predicted, labels, right, classes, names):
    """Are labels shifted by one, or classes in another order?"""
    for shift, remedy in ((-1, "subtract 1"), (1, "add 1")):
        shifted = predicted == labels + shift
        if is_better(shifted, right, labels):
            gain = f"accuracy is {right.mean():.3f}, and {shifted.mean():.3f} after a shift"
            yield Finding("labels", "error", f"Labels are off by one: {gain}: {remedy}.")
            return
    if len(labels) < PER_CLASS * len(np.unique(labels)) or len(np.unique(labels)) < 2:
        return
    order = np.random.default_rng(0).permutation(len(labels))
    fitted, held_out = order[::2], order[1::2]
    best = _permutation(predicted[fitted], labels[fitted], classes)
    if is_better(predicted[held_out] == best[labels[held_out]], right[held_out], labels[held_out]):
        best = _permutation(predicted, labels, classes)
        moved = [label for label in np.unique(labels) if best[label] != label]
        named = [
            f"{label}{f' ({printable(names[label], LONGEST_NAME)})' if names else ''} is output {best[label]}"
            for label in moved[:5]
        ]
        if len(moved) > 5:
            named.append("...")
        gain = f"accuracy is {right.mean():.3f}, and {np.mean(predicted == best[labels]):.3f} if label "
        remedy = "pass class_names= in the order of the network's outputs."
        yield Finding("class order", "error", f"Classes are in another order: {gain}{', '.join(named)}: {remedy}")


def _permutation(predicted, labels, classes):
    """The order of classes that makes most predictions right: label to output, `(classes,)`."""
    together = np.zeros((classes, classes))
    np.add.at(together, (labels, predicted), 1)
    rows, columns = linear_sum_assignment(-together - 1e-3 * np.eye(classes))  # classes not seen stay
    best = np.empty(classes, int)
    best[rows] = columns
    return best


def _logits(classifier, images):
    return np.concatenate([answers for _, answers in logits_in_batches(classifier, images)]).astype("float64")
