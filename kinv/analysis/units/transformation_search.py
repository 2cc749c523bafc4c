"""The search for the known transformation that keeps most of a unit's activation at every distance.

Shapes: `K` units, `E` distances, `N` transformations.
"""

from collections.abc import Sequence

import numpy as np
from keras import ops
from scipy.stats import qmc

from kinv import backend
from kinv.surgery.tap import Tap

from .known_transformations import PARAMETERS, transform

SPREADS = (0.2, 0.1, 0.05, 0.02, 0.01)  # standard deviation of the proposals around the best, by round


class Best:
    """The best transformation of every unit at every distance: activations `(K, E)` and parameters `(K, E, 6)`."""

    def __init__(self, count: int, distances: np.ndarray):
        self.distances = distances
        self.activations = np.full((count, len(distances)), np.nan)
        self.parameters = np.zeros((count, len(distances), len(PARAMETERS)), "float32")

    def take(self, parameters, activations, reached) -> None:
        """Keeps the better of these, `(K, N, 6)`, `(K, N)` and `(K, N)`."""
        for index, distance in enumerate(self.distances):
            far = np.where(reached >= distance, activations, -np.inf)
            best = far.argmax(axis=1)[:, None]
            value = np.take_along_axis(far, best, axis=1)[:, 0]
            better = (value > -np.inf) & ~(value <= self.activations[:, index])
            self.activations[better, index] = value[better]
            chosen = np.take_along_axis(parameters, best[..., None], axis=1)[:, 0]
            self.parameters[better, index] = chosen[better]


class Search:
    """Activations and distances of transformed optima.

    Args:
        tapped: the units.
        optimum: float32 `(K, ...)`.
        norms: of the optimum, `(K,)`.
        image_shape: `(H, W, C)` of an input.
        distances: epsilons, `(E,)`.
        batch_size: inputs at a time; None: as `Tap.at_a_time` has it.
    """

    def __init__(
        self,
        tapped: Tap,
        optimum: np.ndarray,
        norms: np.ndarray,
        image_shape: Sequence[int],
        distances: np.ndarray,
        batch_size: int | None,
    ):
        self.optimum = optimum.reshape(len(optimum), *image_shape)
        self.norms, self.units, self.distances = norms.astype("float32"), tapped.units, distances
        self.at_a_time = tapped.at_a_time(optimum.shape[1:], batch_size)
        shape = optimum.shape[1:]

        def evaluate(images, norms, units, parameters):
            moved = transform(images, parameters)
            length = ops.sqrt(ops.sum(ops.square(moved), axis=(1, 2, 3)))
            moved = moved * ops.reshape(norms / ops.maximum(length, 1e-6 * norms), (-1, 1, 1, 1))
            reached = ops.sqrt(ops.sum(ops.square(moved - images), axis=(1, 2, 3))) / norms
            gone = length < 1e-3 * norms  # out of the image
            return tapped.activation_of(ops.reshape(moved, (-1, *shape)), units), ops.where(gone, -1.0, reached)

        self._evaluate = backend.compile(evaluate)

    def best_of(
        self,
        active: Sequence[int],
        samples: int,
        proposals: int,
        random: np.random.Generator,
        also: Sequence[Best] = (),
    ) -> Best:
        """The best of the transformations with these parameters, and of those found before."""
        active, count = list(active), len(self.units)
        best = Best(count, self.distances)
        points = np.zeros((samples, len(PARAMETERS)), "float32")
        points[1:, active] = 2 * qmc.Sobol(len(active), rng=random).random(samples)[1:] - 1  # the first: the optimum
        self.try_all(best, np.repeat(points[None], count, axis=0))
        for earlier in also:
            self.try_all(best, earlier.parameters)
        for spread in SPREADS:
            noise = np.zeros((count, len(self.distances), proposals, len(PARAMETERS)), "float32")
            noise[..., active] = spread * random.standard_normal(noise[..., active].shape)
            around = np.clip(best.parameters[:, :, None] + noise, -1, 1)
            self.try_all(best, around.reshape(count, -1, len(PARAMETERS)))
        return best

    def try_all(self, best: Best, parameters: np.ndarray) -> None:
        """Evaluates parameters `(K, N, 6)` and keeps the best."""
        count, tried = parameters.shape[:2]
        of = np.repeat(np.arange(count), tried)
        flat = parameters.reshape(-1, parameters.shape[-1])
        activations, reached = np.empty(len(of), "float32"), np.empty(len(of), "float32")
        for begin in range(0, len(of), self.at_a_time):
            at = slice(begin, begin + self.at_a_time)
            given = (self.optimum[of[at]], self.norms[of[at]], self.units[of[at]], flat[at])
            values = self._evaluate(*(ops.convert_to_tensor(part) for part in given))
            activations[at], reached[at] = (ops.convert_to_numpy(value) for value in values)
        best.take(parameters, activations.reshape(count, tried), reached.reshape(count, tried))
