"""Gradient ascent on the activations of units, for many inputs at once."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from keras import ops

from kinv import backend
from kinv.ops.dct import CosineImages
from kinv.ops.image_priors import total_variation
from kinv.surgery.tap import Tap

FIRST_STEP, LARGEST_STEP, SMALLEST_STEP = 0.5, 1e4, 1e-4  # of the norm
GROWTH, SHRINKAGE = 1.5, 0.4
LOOK = 5  # steps between two checks of the progress of every input
LARGE = ("parameters", "gradient")  # arrays of a batch: they stay on the device until other inputs enter


class Image:
    """The parameters of the ascent, their constraint, and the input that they represent."""

    def __init__(self, shape, norm, value_range, box, cosine_waves):
        self.axes, self.norm, self.box = tuple(range(1, len(shape) + 1)), norm, value_range if box else None
        self.extent = value_range[1] - value_range[0]
        self.unit = (
            norm if math.isfinite(norm) else self.extent * math.sqrt(math.prod(shape))
        )  # steps are relative to it
        self.waves = CosineImages(*shape[:2]) if cosine_waves else None

    def length(self, x):
        return ops.sqrt(ops.sum(ops.square(x), axis=self.axes, keepdims=True))

    def of(self, parameters):
        return self.waves.images(parameters) if self.waves else parameters

    def parameters(self, inputs):
        return self.waves.amplitudes(inputs) if self.waves else inputs

    def constrained(self, parameters):
        """The parameters rescaled to the norm, then clipped to the range."""
        if math.isfinite(self.norm):
            parameters = parameters * (self.norm / ops.maximum(self.length(self.of(parameters)), 1e-30))
        if self.box:
            parameters = self.parameters(ops.clip(self.of(parameters), *self.box))
        return parameters


@dataclass(frozen=True)
class _Batch:
    """Inputs in progress, one per row; arrays between checks, tensors in a step.

    Parameters and gradients, which are large, remain tensors until a row is done and another input takes it.

    Attributes:
        items: indices of the results; -1 for an idle row.
        units: indices of the units, int32.
        parameters: the parameters of the images.
        value: the objective; -inf before the first step.
        gradient: the gradient of the objective.
        length: the length of the next step.
        dead: whether the gradient at the start was zero or not finite.
        taken: number of steps taken.
        looked_at: the objective at the last check.
    """

    items: np.ndarray
    units: Any
    parameters: Any
    value: Any
    gradient: Any
    length: Any
    dead: Any
    taken: np.ndarray
    looked_at: np.ndarray


class Ascent:
    """Steps for many inputs, each with its own unit and its own step size."""

    def __init__(self, tapped: Tap, image: Image, variation_weight, jitter, steps, threshold, seed):
        self.tapped, self.image, self.jitter = tapped, image, jitter
        self.steps, self.threshold = steps, threshold
        self.random = np.random.default_rng(seed + 1)
        self.value_is_activation = not (variation_weight or jitter)

        def objective(parameters, units, shift):
            inputs = image.of(parameters)
            if jitter:
                inputs = ops.roll(inputs, (-shift[0], -shift[1]), axis=(1, 2))
            value = tapped.activation_of(inputs, units)
            if variation_weight:
                value = value - variation_weight * total_variation(inputs / image.extent)
            return value

        def step(units, parameters, value, gradient, length, dead, shift):
            rows = (-1, *[1] * (len(parameters.shape) - 1))
            way = gradient * (image.unit * ops.reshape(length, rows) / ops.maximum(image.length(gradient), 1e-30))
            moved = image.constrained(parameters + way)
            new_value, (new_gradient,) = backend.value_and_grad(lambda p: objective(p, units, shift))(moved)
            is_first = ops.equal(value, -math.inf)
            better = ops.logical_or(is_first, new_value > value)
            if jitter:
                better, longer = ops.ones_like(better), length
            else:
                longer = ops.clip(ops.where(better, GROWTH * length, SHRINKAGE * length), 0.0, LARGEST_STEP)
            slope = ops.reshape(image.length(new_gradient), (-1,))
            climbs = ops.isfinite(new_value) & ops.isfinite(slope) & (slope > 0)
            dead = ops.where(is_first, ops.logical_not(climbs), dead)
            return (
                _chosen(better, moved, parameters),
                ops.where(better, new_value, value),
                _chosen(better, new_gradient, gradient),
                longer,
                dead,
            )

        self.step = backend.compile(step)
        self.activation_of = backend.compile(tapped.activation_of)

    def climb(self, unit_of, start, start_of, at_a_time, advance):
        """Inputs, activations, and whether they converged or are dead, for all pairs of unit and start.

        `advance` is called with the number of pairs that are done.
        """
        inputs = np.empty((len(unit_of), *start.shape[1:]), "float32")
        activations, converged, dead = np.empty(len(unit_of), "float32"), *np.zeros((2, len(unit_of)), bool)
        begin = ops.convert_to_numpy(self.image.parameters(ops.convert_to_tensor(start)))
        waiting = 0

        def enter(batch, row):
            nonlocal waiting
            batch.items[row] = waiting if waiting < len(unit_of) else -1
            if waiting < len(unit_of):
                batch.units[row], batch.parameters[row] = unit_of[waiting], begin[start_of[waiting]]
                batch.value[row] = batch.looked_at[row] = -math.inf
                batch.gradient[row], batch.length[row], batch.taken[row] = 0, FIRST_STEP / GROWTH, 0
                waiting += 1

        batch = _idle(at_a_time, begin.shape[1:])
        for row in range(at_a_time):
            enter(batch, row)
        while (batch.items >= 0).any():
            batch = self._look_after_steps(batch)
            settled = self._settled(batch)
            done = (batch.items >= 0) & (settled | batch.dead | (batch.taken >= self.steps))
            rows, items = np.flatnonzero(done), batch.items[done]
            if len(rows):
                advance(len(rows))
                found = self.image.of(ops.take(batch.parameters, rows, axis=0))
                inputs[items], activations[items] = ops.convert_to_numpy(found), batch.value[rows]
                converged[items], dead[items] = (settled & ~batch.dead)[rows], batch.dead[rows]
                if waiting < len(unit_of):
                    batch = _in_arrays(batch)
                for row in rows:
                    enter(batch, row)
                batch = _without_idle_half(batch)
        if not self.value_is_activation:
            activations = self._activations(inputs, unit_of, at_a_time)
        return inputs, activations, converged, dead

    def _look_after_steps(self, batch):
        under_way = batch.items >= 0
        steps = min(LOOK, self.steps - int(batch.taken[under_way].max())) if self.jitter else LOOK
        state = [
            ops.convert_to_tensor(part)
            for part in (batch.parameters, batch.value, batch.gradient, batch.length, batch.dead)
        ]
        units, looked_at = ops.convert_to_tensor(batch.units), batch.value
        shift = ops.zeros(2, "int32")
        for index in range(steps):
            if self.jitter:
                shift = ops.convert_to_tensor(self.random.integers(-self.jitter, self.jitter + 1, 2).astype("int32"))
                state[3] = ops.convert_to_tensor(self._jittered_length(batch.taken + index))
            state = list(self.step(units, *state, shift))
        parameters, value, gradient, length, dead = state
        value, length, dead = (np.array(ops.convert_to_numpy(part)) for part in (value, length, dead))
        return _Batch(
            batch.items, batch.units, parameters, value, gradient, length, dead, batch.taken + steps, looked_at
        )

    def _jittered_length(self, taken):
        """The step length with jitter: from a tenth of the norm to zero, along a cosine."""
        return (0.05 * (1 + np.cos(math.pi * taken / self.steps))).astype("float32")

    def _settled(self, batch):
        if self.jitter:
            return batch.taken >= self.steps
        gain = batch.value - batch.looked_at
        stuck = (gain == 0) & (batch.length > SMALLEST_STEP)  # the last steps were all too long
        return (gain <= self.threshold * np.abs(batch.value)) & ~stuck

    def _activations(self, inputs, unit_of, at_a_time):
        parts = [
            self.activation_of(ops.convert_to_tensor(inputs[at : at + at_a_time]), unit_of[at : at + at_a_time])
            for at in range(0, len(inputs), at_a_time)
        ]
        return np.concatenate([ops.convert_to_numpy(part) for part in parts])


def _chosen(first, these, those):
    """Rows of `these` where `first`, else of `those`; on flattened rows, which takes a fifth of the time."""
    vectors = (ops.reshape(rows, (ops.shape(rows)[0], -1)) for rows in (these, those))
    return ops.reshape(ops.where(ops.expand_dims(first, -1), *vectors), ops.shape(these))


def _idle(rows, shape):
    zeros = {name: np.zeros(rows, "float32") for name in ("value", "length", "looked_at")}
    images = {name: np.zeros((rows, *shape), "float32") for name in ("parameters", "gradient")}
    return _Batch(
        items=np.full(rows, -1),
        units=np.zeros(rows, "int32"),
        dead=np.zeros(rows, bool),
        taken=np.zeros(rows, int),
        **zeros,
        **images,
    )


def _in_arrays(batch):
    """The batch with writable arrays."""
    return replace(batch, **{name: np.array(ops.convert_to_numpy(getattr(batch, name))) for name in LARGE})


def _without_idle_half(batch):
    """The rows in progress, if they fit in half of the batch: fewer sizes mean fewer compilations."""
    busy = np.flatnonzero(batch.items >= 0)
    half = (len(batch.items) + 1) // 2
    if len(busy) > half or half == len(batch.items):
        return batch
    kept = np.concatenate([busy, np.flatnonzero(batch.items < 0)])[:half]
    large = {name: ops.take(getattr(batch, name), kept, axis=0) for name in LARGE}
    return replace(batch, **large, **{name: part[kept] for name, part in vars(batch).items() if name not in LARGE})
