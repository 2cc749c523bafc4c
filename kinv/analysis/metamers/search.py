"""The search for metamers: descent in the spectrum of images, many images at once.

Shapes: `B` images of `H x W` pixels and `C` channels; `D` values of a layer's output.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from keras import ops

from kinv import backend
from kinv.ops.spectrum import Spectrum

LOOK = 10  # steps between two checks of every image
MOMENTUM, MEMORY = 0.8, 0.9  # of Adam: 0.9 and 0.999 take 9 and 25 % more steps (SqueezeNet, fire5 and fire9)
APART = 0.5  # weight of the logarithm of a pair's difference
SLACK = 0.9  # of the allowed error, where moving apart begins to be held back


class Search:
    """Images whose outputs at a layer are those of other images.

    Args:
        answer: images `(B, H, W, C)` in 0..255 to a layer's outputs `(B, D)`, float32.
        spectrum: of the images to search among.
        steps: most steps of a search until it is started again, and of moving apart.
        restarts: how often images that are no metamers yet go on from where they are.
        learning_rate: of Adam, in standard deviations of waves; with each start it falls to zero along a cosine.
        tolerance: the error at which an image is a metamer.
        classify: images `(B, H, W, C)` in 0..255 to their classes `(B,)`, which metamers keep; None if there are none.
    """

    def __init__(
        self,
        answer: Callable[[Any], Any],
        spectrum: Spectrum,
        steps: int,
        restarts: int,
        learning_rate: float,
        tolerance: float,
        classify: Callable[[Any], Any] | None = None,
    ):
        self.spectrum, self.steps, self.learning_rate, self.tolerance = spectrum, steps, learning_rate, tolerance
        self.most = steps * (1 + restarts)

        def error(features, target, scale):
            """Mean squared difference of the outputs, in standard deviations `scale` `(B,)` of the target's."""
            target, scale = ops.convert_to_tensor(target), ops.convert_to_tensor(scale)  # PyTorch takes no arrays
            missed = (answer(self.images(features)) - target) / ops.expand_dims(scale, -1)
            return ops.mean(ops.square(missed), axis=-1)

        def apart(features, target, scale, allowed):
            """Of pairs, all first ones first: their errors beyond the allowed ones, less how far apart they are."""
            beyond = ops.maximum(error(features, target, scale) / allowed - SLACK, 0.0)
            differences = _differences(*ops.split(self.images(features), 2, axis=0))
            return beyond - APART * ops.log(ops.tile(differences, (2,)) + 1e-3)

        self.error = backend.compile(error)
        self.classes = classify and backend.compile(lambda features: classify(self.images(features)))
        self.step = backend.compile(_adam(error))
        self.step_apart = backend.compile(_adam(apart))

    def images(self, features: Any) -> Any:
        """Images in 0..255 from features, both `(B, H, W, C)`."""
        return ops.clip(self.spectrum.images(features), 0.0, 255.0)

    def keeps(self, features: Any, classes: np.ndarray) -> np.ndarray:
        """Whether the images have these classes, `(B,)`; all have where there are none."""
        if self.classes is None:
            return np.ones(len(classes), bool)
        return ops.convert_to_numpy(self.classes(features)) == classes

    def are_metamers(self, features: Any, target: Any, scale: Any, classes: np.ndarray) -> np.ndarray:
        """Whether the errors are at most the tolerance, and the classes kept, `(B,)`."""
        close = ops.convert_to_numpy(self.error(features, target, scale)) <= self.tolerance
        return close & self.keeps(features, classes)

    def match(
        self, features: np.ndarray, target: Any, scale: Any, classes: np.ndarray, advance: Callable[[float], None]
    ) -> np.ndarray:
        """Features `(B, H, W, C)` whose images have the outputs `target` `(B, D)` and the classes `(B,)`, or nearly.

        An image's features are those at the first look at which it was a metamer, or the last ones. `advance` is called
        with the images times steps that are done.
        """
        found, left, waiting = features.copy(), np.arange(len(features)), np.ones(len(features), bool)
        state, given = _start(features), (ops.convert_to_tensor(target), ops.convert_to_tensor(scale))
        for taken in range(0, self.most, LOOK):
            steps = min(LOOK, self.most - taken)
            for number in range(taken, taken + steps):
                state = self.step(*state, self._rate(number), ops.cast(number + 1, "float32"), *given)
            advance(waiting.sum() * steps)
            done = waiting & self.are_metamers(state[0], *given, classes)
            ends = waiting if taken + steps == self.most else done
            found[left[ends]] = ops.convert_to_numpy(state[0])[ends]
            waiting = waiting & ~ends
            advance(ends.sum() * (self.most - taken - steps))
            if not waiting.any():
                break
            if waiting.sum() * 2 <= len(waiting):  # fewer sizes mean fewer compilations
                kept = np.flatnonzero(waiting)
                state, given = (tuple(ops.take(part, kept, axis=0) for part in parts) for parts in (state, given))
                left, waiting, classes = left[kept], waiting[kept], classes[kept]
        return found

    def move_apart(
        self,
        members: Sequence[np.ndarray],
        target: Any,
        scale: Any,
        classes: np.ndarray,
        advance: Callable[[float], None],
    ) -> list[np.ndarray]:
        """Two metamers of each image, features `(B, H, W, C)` each, moved apart as far as their errors allow.

        Those of a pair may grow to its larger one, or to the tolerance. The result is where each pair was farthest
        apart and of its class; if it never was farther than at the start, that.
        """
        found, pairs = np.concatenate(members), len(target)
        target, scale = (ops.convert_to_tensor(np.concatenate([part, part])) for part in (target, scale))
        errors = ops.convert_to_numpy(self.error(found, target, scale)).reshape(2, pairs)
        allowed = np.maximum(errors.max(axis=0), self.tolerance)
        farthest = self.pair_differences(members)
        state, given = _start(found), (target, scale, ops.convert_to_tensor(np.tile(allowed, 2)))
        for number in range(self.steps):
            state = self.step_apart(*state, self._rate(number), ops.cast(number + 1, "float32"), *given)
            advance(len(found))
            if (number + 1) % LOOK and number + 1 < self.steps:
                continue
            errors = ops.convert_to_numpy(self.error(state[0], target, scale)).reshape(2, pairs)
            features = ops.convert_to_numpy(state[0])
            differences = self.pair_differences(np.split(features, 2))
            kept = self.keeps(state[0], np.tile(classes, 2)).reshape(2, pairs).all(axis=0)
            better = kept & (errors.max(axis=0) <= allowed) & (differences > farthest)
            farthest = np.where(better, differences, farthest)
            found[np.tile(better, 2)] = features[np.tile(better, 2)]
        return np.split(found, 2)

    def pair_differences(self, members: Sequence[np.ndarray]) -> np.ndarray:
        """Root mean squared differences of the pixels of pairs, in 0..255, `(B,)`; features `(B, H, W, C)` each."""
        return 255 * ops.convert_to_numpy(_differences(*(self.images(features) for features in members)))

    def _rate(self, number):
        return ops.cast(self.learning_rate * 0.5 * (1 + np.cos(np.pi * (number % self.steps) / self.steps)), "float32")


def _differences(first, second):
    """Root mean squared differences of images `(B, H, W, C)` in 0..255, as a share of that range, `(B,)`."""
    return ops.sqrt(ops.mean(ops.square((first - second) / 255), axis=(1, 2, 3)) + 1e-12)


def _start(features):
    features = ops.convert_to_tensor(features)
    return features, ops.zeros_like(features), ops.zeros_like(features)


def _adam(objective):
    """A step of Adam (Kingma and Ba 2015, algorithm 1) down an objective `(B,)`, each row for itself."""

    def step(features, mean, square, rate, count, *given):
        _, (gradient,) = backend.value_and_grad(lambda features: objective(features, *given))(features)
        mean = MOMENTUM * mean + (1 - MOMENTUM) * gradient
        square = MEMORY * square + (1 - MEMORY) * ops.square(gradient)
        unbiased = mean / (1 - MOMENTUM**count), square / (1 - MEMORY**count)
        return features - rate * unbiased[0] / (ops.sqrt(unbiased[1]) + 1e-8), mean, square

    return step
