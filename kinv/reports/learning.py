"""A short run of an Invariant Transformer Net: trained with one half of the images, measured on the other.

Shapes: `N` images of either half, `H x W` pixels, `C` channels.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kinv.classifiers.predict import answers
from kinv.halves import halves
from kinv.models.invariant_transformer.comparison import InvarianceComparison, compare_with_random
from kinv.models.invariant_transformer.model import InvariantTransformer
from kinv.printable import printable
from kinv.training.batches import shuffled_batches

from .subject import BATCH, PHOTO, Subject

FEWEST = 8  # usable images of each half
SURE = 0.5  # of the way from chance to 1: softmax output from which on a prediction counts where there are no labels
GOOD = {True: "gets right", False: "is sure of"}  # with labels, and without
STEPS, BATCH_SIZE = 10, 10  # of an epoch, and images of a step
LONGER = 10  # times as many epochs for small images, whose networks are quick
RATE, FARTHEST = 4e-3, 0.8  # of Adam, which goes no farther than this in all steps: colours would run away
LAST_RATE = 0.02  # of the first
KEEP = 0.9  # of the predictions of a batch
DRAWS = 2  # transformations of each image that is measured
CHOSEN_ON = 12  # images to choose the hand-made family on


@dataclass(frozen=True)
class Halves:
    """Images that the network gets right or, without labels, is sure of: elsewhere it says nothing worth keeping.

    Attributes:
        train, train_classes: float32 `(N, H, W, C)` in 0..255, and what the network says of them, int32 `(N,)`.
        held_out, held_out_classes: as many others.
        labelled: whether the network is right about them, or only sure.
    """

    train: np.ndarray
    train_classes: np.ndarray
    held_out: np.ndarray
    held_out_classes: np.ndarray
    labelled: bool


def usable_halves(subject: Subject) -> Halves:
    """At most `learned_images` of either half, as many of both.

    Raises:
        ValueError: too few images that can be used, or the network says the same of all of them.
    """
    images, labels = subject.sample(2 * subject.settings.learned_images)
    if len(images) < 2 * FEWEST:
        raise ValueError(
            f"transformations are learned from one half of the images and tested on the other, which takes at least "
            f"{2 * FEWEST} images: there are {len(images)}."
        )
    classes, confidence = answers(subject.network, images, BATCH)
    used = classes == labels if labels is not None else confidence >= least_sure(confidence, len(subject.names))
    train, held_out = (np.flatnonzero(used)[rows] for rows in halves(int(used.sum())))
    count = len(train)
    if count < FEWEST:
        raise ValueError(
            f"only images that the network {GOOD[labels is not None]} are used, at least {FEWEST} to learn from and "
            f"{FEWEST} to test with: there are {len(train)} and {len(held_out)}."
        )
    train, held_out = evenly(train, count), evenly(held_out, count)
    if len(np.unique(classes[np.concatenate([train, held_out])])) == 1:
        raise ValueError(
            f"the network says {printable(subject.names[classes[train[0]]])!r} of all these images: what it ignores "
            "can only be seen where it could say something else. Images of two classes are needed."
        )
    return Halves(images[train], classes[train], images[held_out], classes[held_out], labels is not None)


def least_sure(confidence: np.ndarray, classes: int) -> float:
    """The softmax output from which on a network is sure, unless fewer than half of these `(N,)` would be left."""
    return min(1 / classes + SURE * (1 - 1 / classes), float(np.median(confidence)))


def evenly(rows: np.ndarray, count: int) -> np.ndarray:
    """At most `count` rows, evenly spread."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int))]


def learned_from(subject: Subject, halves: Halves) -> InvariantTransformer:
    """A transformer that is trained with the first half."""
    small = max(halves.train.shape[1:3]) <= PHOTO
    steps = STEPS * subject.settings.learned_epochs * (LONGER if small else 1)
    transformer = InvariantTransformer(subject.network, family="paper", accuracy_threshold=KEEP, seed=subject.seed)
    rate = keras.optimizers.schedules.CosineDecay(min(RATE, FARTHEST / steps), steps, LAST_RATE)
    transformer.compile(keras.optimizers.Adam(rate))
    batches: Any = shuffled_batches(halves.train, halves.train_classes, BATCH_SIZE, subject.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that nothing was learned: the comparison says so too
        transformer.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0, preflight=False)
    return transformer


def compared(subject: Subject, halves: Halves, transformer: InvariantTransformer) -> InvarianceComparison:
    """Learned transformations beside random and hand-made ones as large, on the images that are held out.

    The hand-made family is chosen on the images that the others were learned from.
    """
    return compare_with_random(
        transformer,
        subject.network,
        halves.held_out,
        draws=DRAWS,
        batch_size=BATCH,
        seed=subject.seed + 1,
        hand_made=True,
        chosen_on=evenly(halves.train, CHOSEN_ON),
    )
