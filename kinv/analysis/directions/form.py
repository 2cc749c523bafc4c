"""How far predictions move along directions of transformations: a quadratic form for every image.

Shapes: `B` images at a time of `N` in all, `D` generators of a part, `K` classes.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.backend import compile_model
from kinv.classifiers.predict import finite, slices

from .parts import PARTS, Part


class Answers:
    """A classifier's softmax outputs, whose square roots are points on a sphere.

    Distances of these points are Hellinger's, up to a factor: they are bounded, and for small ones their square is the
    Fisher metric. LieGG (Moskalev et al. 2022) takes derivatives of logits, which have no bound.
    """

    def __init__(self, classifier: keras.Model):
        self.name, self._logits = classifier.name, compile_model(classifier)

    def roots(self, images: Any) -> np.ndarray:
        """Square roots of the softmax outputs for images `(B, H, W, C)`, float64 `(B, K)`."""
        logits = self.logits(images).astype("float64")
        powers = np.exp((logits - logits.max(axis=-1, keepdims=True)) / 2)
        return powers / np.sqrt(np.square(powers).sum(axis=-1, keepdims=True))

    def logits(self, images: Any) -> np.ndarray:
        """Logits, float32 `(B, K)`; raises a ValueError if they are not finite."""
        return finite(ops.convert_to_numpy(self._logits(images)), self.name)


def forms_of(
    part: Part,
    answers: Answers,
    images: np.ndarray,
    step: float,
    draws: int,
    seed: int,
    batch_size: int,
    advance: Callable[[float], None],
) -> np.ndarray:
    """The quadratic form of every image, float64 `(N, D, D)`.

    An image is first changed a little at random: each generator has a normal size, with `step` as its standard
    deviation. From there, predictions are compared a step further along each generator, and a step back:
    `d_g = (sqrt p(+step) - sqrt p(-step)) / (2 step)`. The form is that of all scalar products of `d_g` and `d_h`. So
    its value for a direction is the squared distance that predictions move along it, per size.

    Such a form is that of an active subspace (Constantine, Dow and Wang 2014). Differences around the image itself
    would miss what changes alike both ways, as they cancel there; around a point beside it they do not. A step comes
    after the random change, so that what a network ignores by construction it ignores from there, too.

    Args:
        part: the part of transformations.
        answers: the classifier's.
        images: `(N, H, W, C)` in 0..255.
        step: size of a step, and of the random change.
        draws: random changes of each image.
        seed: of the random changes.
        batch_size: images at a time.
        advance: called with how many images were answered.
    """
    count = len(part.generators)
    bases = np.random.default_rng([seed, PARTS.index(part.name)]).normal(0, step, (draws, len(images), count))
    steps = part.maps(step * np.concatenate([np.eye(count), -np.eye(count)]))
    forms = np.zeros((len(images), count, count))
    for at in slices(len(images), batch_size):
        prepared = part.prepare(ops.convert_to_tensor(images[at]))
        for sizes in bases:
            first = part.maps(sizes[at])
            moved = []
            for one in steps:
                maps = part.then(first, np.broadcast_to(one, first.shape))
                moved.append(answers.roots(part.changed(prepared, maps)))
                advance(len(maps))
            ahead, back = np.split(np.stack(moved, axis=1), 2, axis=1)  # (B, D, K)
            differences = (ahead - back) / (2 * step)
            forms[at] += differences @ differences.transpose(0, 2, 1) / draws
    return forms


def ordered(form: np.ndarray, metric: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Directions from the smallest to the largest value of a form, per squared change of images.

    Args:
        form: `(D, D)`.
        metric: the form of how far images change, positive definite `(D, D)`.

    Returns:
        Values `(D,)` and directions as rows `(D, D)`, which are orthonormal in the metric: each changes images by one
        unit. Its largest change is positive.
    """
    root = inverse_root(metric)
    values, columns = np.linalg.eigh(root @ form @ root)
    vectors = (root @ columns).T
    changes = vectors * np.sqrt(np.diag(metric))
    largest = np.take_along_axis(changes, np.abs(changes).argmax(axis=1)[:, None], axis=1)
    return values.clip(0), vectors * np.sign(largest)


def inverse_root(metric: np.ndarray) -> np.ndarray:
    """The symmetric matrix whose square is a metric's inverse, `(D, D)`."""
    values, columns = np.linalg.eigh(metric)
    return (columns / np.sqrt(values)) @ columns.T


def values_along(forms: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """The values of forms `(N, D, D)` for directions `(V, D)`: `(N, V)`."""
    return np.einsum("vi,nij,vj->nv", vectors, forms, vectors, optimize=True).clip(0)


def overlap(first: np.ndarray, second: np.ndarray, metric: np.ndarray) -> float:
    """Mean squared cosine of the principal angles of two subspaces, rows `(V, D)` that are orthonormal in a metric.

    It is 1 if they agree, and `V / D` by chance.
    """
    return float(np.square(first @ metric @ second.T).sum() / len(first))
