"""Ascent on the inputs of one norm and one distance from an optimum, for many units at once.

Shapes: `B` pairs of unit and start, `E` distances, `D` values of an input.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from keras import ops

from kinv import backend
from kinv.ops.whitening import ZcaWhitening
from kinv.surgery.tap import Tap

from .ascent import GROWTH, LARGEST_STEP, LOOK, SHRINKAGE, SMALLEST_STEP

FIRST_STEP = 0.1  # radians, approximately


class Sphere:
    """Ascent on the sphere of both constraints, `|x| = norm` and `|x - norm u| = epsilon norm`, around an axis `u`.

    Args:
        tapped: the units.
        shape: of an input, without the batch.
        whitening: of inputs as vectors, or None.
        steps, threshold: as in `trace_manifold`.
    """

    def __init__(self, tapped: Tap, shape: Sequence[int], whitening: ZcaWhitening | None, steps: int, threshold: float):
        self.steps, self.threshold = steps, threshold
        covariance = None if whitening is None else ops.convert_to_tensor(whitening.covariance)

        def point(n, axes, norms, angle):
            return ops.expand_dims(norms, -1) * (ops.cos(angle) * axes + ops.sin(angle) * n)

        def answer_to(x, numbers):
            return tapped.activation_of(ops.reshape(x, (-1, *shape)), numbers)

        def gradient_at(x, numbers):
            value, (gradient,) = backend.value_and_grad(lambda x: answer_to(x, numbers))(x)
            return value, gradient

        def answer(n, axes, norms, numbers, angle):
            return answer_to(point(n, axes, norms, angle), numbers)

        def slope(n, axes, norms, numbers, angle):
            value, gradient = gradient_at(point(n, axes, norms, angle), numbers)
            return value, _tangent(gradient, n, axes, covariance)

        def step(n, value, way, length, running, axes, norms, numbers, angle):
            moved = _on_sphere(n + ops.expand_dims(length, -1) * way, axes)
            new_value, new_way = slope(moved, axes, norms, numbers, angle)
            better = ops.logical_and(new_value > value, running)
            kept = ops.expand_dims(better, -1)
            return (
                ops.where(kept, moved, n),
                ops.where(better, new_value, value),
                ops.where(kept, new_way, way),
                ops.clip(ops.where(better, GROWTH * length, SHRINKAGE * length), 0.0, LARGEST_STEP),
            )

        def climbs(axes, norms, numbers):
            value, gradient = gradient_at(ops.expand_dims(norms, -1) * axes, numbers)
            return ops.logical_and(ops.isfinite(value), ops.max(ops.abs(gradient), axis=-1) > 0)

        self.point, self.slope, self.answer, self.step, self._climbs = (
            backend.compile(part) for part in (point, slope, answer, step, climbs)
        )

    def climbs(self, axes: np.ndarray, norms: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Whether the gradient at `norms * axes` is neither zero nor not finite, bool `(B,)`."""
        return ops.convert_to_numpy(self._climbs(axes, norms.astype("float32"), numbers))

    def trace(
        self,
        axes: np.ndarray,
        norms: np.ndarray,
        numbers: np.ndarray,
        way: np.ndarray,
        distances: np.ndarray,
        advance: Callable[[int], None],
    ) -> tuple[np.ndarray, np.ndarray]:
        """The highest activations found at every distance, each from the solution of the one before.

        Args:
            axes: unit vectors, float32 `(B, D)`.
            norms: of the inputs, `(B,)`.
            numbers: of the units, `(B,)`.
            way: directions in which the optimum is left, float32 `(B, D)`.
            distances: epsilons, `(E,)`.
            advance: is called with `B` after every distance.

        Returns:
            Inputs `(B, E, D)` and their activations `(B, E)`.
        """
        given = [ops.convert_to_tensor(part) for part in (axes, norms.astype("float32"), numbers)]
        n = _on_sphere(ops.convert_to_tensor(way), given[0])
        peak = self.answer(n, *given, ops.convert_to_tensor(np.float32(0)))
        points, values = [], []
        for distance in distances:
            angle = ops.convert_to_tensor(np.float32(math.acos(1 - distance * distance / 2)))
            if 0 < distance < 2:
                n, value = self._ascend(n, ops.ones_like(peak, dtype="bool"), peak, given, angle)
                better = self.answer(-n, *given, angle) > value
                if ops.convert_to_numpy(ops.any(better)):
                    n = ops.where(ops.expand_dims(better, -1), -n, n)
                    n, value = self._ascend(n, better, peak, given, angle)
            else:
                value = self.answer(n, *given, angle)
            points.append(ops.convert_to_numpy(self.point(n, *given[:2], angle)))
            values.append(ops.convert_to_numpy(value))
            advance(len(axes))
        return np.stack(points, axis=1), np.stack(values, axis=1)

    def _ascend(self, n, running, peak, given, angle):
        value, way = self.slope(n, *given, angle)
        length = ops.full_like(value, FIRST_STEP)
        for begin in range(0, self.steps, LOOK):
            before = value
            for _ in range(min(LOOK, self.steps - begin)):
                n, value, way, length = self.step(n, value, way, length, running, *given, angle)
            rises = value - before > self.threshold * ops.abs(peak - value)
            too_long = ops.logical_and(ops.equal(value, before), length > SMALLEST_STEP)
            running = ops.logical_and(running, ops.logical_or(rises, too_long))
            if not ops.convert_to_numpy(ops.any(running)):
                break
        return n, value


def _tangent(gradient, n, axes, covariance):
    """The direction of steepest ascent along the sphere at `n`, `(B, D)`, of unit length where it is not zero.

    This is the gradient in whitened coordinates minus its components along the normals of both constraints. In the
    coordinates of `x`, these normals are `C u` and `C n`.
    """

    def dot(first, second):
        return ops.sum(first * second, axis=-1, keepdims=True)

    def whitened(vectors):
        return vectors if covariance is None else ops.matmul(vectors, covariance)

    way, of_axis, of_n = (whitened(part) for part in (gradient, axes, n))
    aa, an, nn = dot(axes, of_axis), dot(axes, of_n), dot(n, of_n)
    wa, wn = dot(way, axes), dot(way, n)
    determinant = aa * nn - an * an
    way = way - ((nn * wa - an * wn) / determinant) * of_axis - ((aa * wn - an * wa) / determinant) * of_n
    return way / ops.maximum(ops.sqrt(dot(way, way)), 1e-30)


def _on_sphere(n, axes):
    """The nearest unit vectors orthogonal to the axes, `(B, D)`; projected twice, against rounding errors."""
    for _ in range(2):
        n = n - ops.sum(n * axes, axis=-1, keepdims=True) * axes
        n = n / ops.maximum(ops.sqrt(ops.sum(ops.square(n), axis=-1, keepdims=True)), 1e-30)
    return n
