"""Which small transformations a network ignores: directions in the space of all affine maps, by one eigenproblem."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from kinv.choices import checked_choice
from kinv.classifiers.classes import class_names as names_of
from kinv.classifiers.predict import slices
from kinv.data.image_stream import ImageStream
from kinv.ops.affine import FILLS
from kinv.progress_bar import progress_bar

from .form import Answers, forms_of, inverse_root
from .parts import COLOR, PARTS, SPACE, Part
from .reach import Reach
from .result import Directions, InvariantDirections

RANDOM = 3  # directions of each part that are followed, as a control
# Of space and of colour. Halves of the images agree best at these (SqueezeNet, photographs): smaller steps in space
# show mostly that a network answers differently to every shift by a few pixels.
STEPS = 0.2, 0.1
LARGEST_STEP = 0.5  # beyond it, images are hardly recognised


def invariant_directions(
    classifier: keras.Model,
    images: Any,
    labels: Any = None,
    *,
    limit: int = 64,
    reach_images: int = 24,
    share: float = 0.9,
    steps: tuple[float, float] = STEPS,
    draws: int = 1,
    batch_size: int = 32,
    fill: str = "zeros",
    seed: int = 0,
    class_names: Sequence[str] | None = None,
    progress: bool = False,
) -> InvariantDirections:
    """Finds the directions of small affine transformations that a network ignores most, and how far each can go.

    Transformations of space have six directions: shifts, rotation, zoom, stretch and shear. Those of colour have twelve
    (two for grey images). A quadratic form says how far predictions move along every mixture of them; see `forms_of`.
    Directions run from the most to the least ignored, by how far predictions move for the same change of images: what
    hardly changes images is not called ignored. The idea is LieGG's (Moskalev et al. 2022), with steps in place of
    derivatives: over less than a pixel, a derivative would mostly be that of the interpolation.

    Each direction is then followed both ways until more than a tenth of predictions have changed. Nothing is trained.

    Args:
        classifier: images `(B, H, W, C)` in 0..255 to logits; one or three channels.
        images: at least two, as in `kinv.screen`.
        labels: int `(N,)`, with an array. Only images that the network gets right are then used. Without labels, all
            are, and predictions stand for their classes.
        limit: at most so many images are used, evenly spread.
        reach_images: with how many of them directions are followed; 0 leaves that out. It takes most of the time.
        share: of predictions that must stay, 0..1.
        steps: sizes of the steps in space and in colour, and of a random change before them. 0.2 shifts by a tenth of
            the width.
        draws: random changes of each image.
        batch_size: images at a time.
        fill: what lies outside the frame, as in `kinv.screen`.
        seed: of the random changes, and of the random directions of the control.
        class_names: one for each class; default: the network's own.
        progress: whether to show bars on stderr.

    Raises:
        ValueError: images, labels or settings that can't be used, fewer than two images, or logits that are not finite.

    Examples:
        >>> from kinv import classifiers, data
        >>> images, _ = data.load("mnist", "test", limit=8)
        >>> found = invariant_directions(classifiers.load("digit_cnn"), images, reach_images=4)
        >>> bool(found.space.movement[0] < found.space.random < found.space.movement[-1])
        True
    """
    checked_choice("fill", fill, FILLS)
    _check(limit, reach_images, share, steps, draws, batch_size)
    stream = ImageStream(classifier, images, labels)
    channels = stream.image_shape[-1]
    if channels not in (1, 3):
        raise ValueError(f"images must have 1 or 3 channels, received {channels}")
    pixels, truth = stream.sample(limit if stream.count is None else min(limit, stream.count))
    if len(pixels) < 2:
        raise ValueError(f"images must be at least two, so that their halves can be compared, received {len(pixels)}")
    names = names_of(classifier, stream.class_names) if class_names is None else list(class_names)
    if names is not None and len(names) != classifier.output_shape[-1]:
        raise ValueError(f"expected {classifier.output_shape[-1]} class_names, received {len(names)}")
    answers = Answers(classifier)
    classes = np.concatenate([answers.logits(pixels[at]).argmax(axis=-1) for at in slices(len(pixels), batch_size)])
    if truth is not None:
        pixels, classes = _right(pixels, classes, truth)
    followed = pixels[np.unique(np.linspace(0, len(pixels) - 1, min(reach_images, len(pixels))).astype(int))]
    found = {}
    for name, step in zip(PARTS, steps, strict=True):
        part = Part(name, channels, fill)
        count = len(part.generators)
        with progress_bar(f"stepping in {name}", 2 * count * draws * len(pixels), progress) as advance:
            forms = forms_of(part, answers, pixels, step, draws, seed, batch_size, advance)
        found[name] = Directions(name, tuple(part.generators), channels, forms, part.metric(pixels))
        if len(followed):
            found[name] = _followed(found[name], part, answers, followed, share, seed, progress)
    return InvariantDirections(
        classifier.name,
        found[SPACE],
        found[COLOR],
        classes,
        None if names is None else tuple(names),
        share,
        len(followed),
    )


def _right(images, classes, labels):
    """The images that the network gets right, and their classes."""
    right = classes == labels
    if right.sum() < 2:
        raise ValueError(
            f"the network must classify at least two images correctly, received {right.sum()} of {len(images)} images: "
            "check that images are in 0..255 and labels are its class indices"
        )
    return images[right], classes[right]


def _followed(directions, part, answers, images, share, seed, progress):
    """The same directions, with how far they and random ones reach."""
    random = np.random.default_rng([seed, 2]).normal(size=(RANDOM, len(directions)))
    random = random / np.linalg.norm(random, axis=1, keepdims=True) @ inverse_root(directions.metric)
    total = 2 * (len(directions) + RANDOM)
    with progress_bar(f"following directions in {part.name}", total, progress) as advance:
        search = Reach(part, answers, images, share, advance)
        ends, random_ends = search.ends(directions.vectors), search.ends(random)
    changes, random_changes = search.changes(directions.vectors, ends), search.changes(random, random_ends)
    return replace(
        directions,
        reach=ends,
        random_reach=random_ends,
        image_change=changes,
        random_image_change=random_changes,
    )


def _check(limit, reach_images, share, steps, draws, batch_size):
    if limit < 2:
        raise ValueError(f"limit must be at least 2, received {limit}")
    if reach_images < 0:
        raise ValueError(f"reach_images must be at least 0, received {reach_images}")
    if not 0 < share <= 1:
        raise ValueError(f"share must be in 0..1, above 0, received {share}")
    if len(steps) != len(PARTS) or not all(0 < step <= LARGEST_STEP for step in steps):
        raise ValueError(f"steps must be two numbers in 0..{LARGEST_STEP}, above 0, received {steps}")
    if min(draws, batch_size) < 1:
        raise ValueError(f"draws and batch_size must be at least 1, received {draws} and {batch_size}")
