"""What a unit looks for: the inputs of a given norm that it answers most."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from keras import ops

from kinv import backend
from kinv.ops.cosine_basis import CosinePictures
from kinv.ops.image_priors import total_variation

from .units import MEAN, Tap, Units, tap

FIRST_STEP, LARGEST_STEP, SMALLEST_STEP = 0.5, 1e4, 1e-4  # of the norm
GROWTH, SHRINKAGE = 1.5, 0.4
LOOK = 5  # steps between two looks at how far every input is
VALUES, MOST_AT_A_TIME = 4_000_000, 1024  # of inputs or outputs, and inputs, at a time


@dataclass(frozen=True)
class ActivationMaxima:
    """What `maximize_activation` found, for `K` units and `R` restarts.

    Attributes:
        layer: the units' layer.
        units: their indices, `(K,)`.
        inputs: float32 `(K, R, ...)`.
        activations: of the units, `(K, R)`.
        converged: whether the activation had stopped rising, `(K, R)`.
        dead: where the gradient at the start was zero, or not finite, so that the input is still the start, `(K, R)`.
    """

    layer: str
    units: np.ndarray
    inputs: np.ndarray
    activations: np.ndarray
    converged: np.ndarray
    dead: np.ndarray

    @property
    def best_restarts(self) -> np.ndarray:
        """Which restart reached the highest activation, `(K,)`."""
        return np.where(self.dead, -np.inf, self.activations).argmax(axis=1)

    @property
    def best(self) -> np.ndarray:
        """The input with the highest activation for every unit, `(K, ...)`."""
        return self.inputs[np.arange(len(self.units)), self.best_restarts]

    @property
    def best_activations(self) -> np.ndarray:
        """`(K,)`."""
        return self.activations[np.arange(len(self.units)), self.best_restarts]

    @property
    def spread(self) -> np.ndarray:
        """Standard deviation of the activation over restarts, over the best one's size, `(K,)`."""
        return self.activations.std(axis=1) / np.maximum(np.abs(self.best_activations), 1e-12)

    @property
    def agreement(self) -> np.ndarray:
        """Mean cosine between the best input and those of the other restarts, `(K,)`; NaN where there are none."""
        flat = self.inputs.reshape(*self.activations.shape, -1).astype("float64")
        flat /= np.maximum(np.linalg.norm(flat, axis=-1, keepdims=True), 1e-12)
        cosines = np.einsum("krd,kd->kr", flat, flat[np.arange(len(flat)), self.best_restarts])
        others = cosines.shape[1] - 1
        return (cosines.sum(axis=1) - 1) / others if others else np.full(len(cosines), np.nan)


def maximize_activation(
    model: Any,
    layer: str,
    units: Units = None,
    norm: float | None = None,
    restarts: int = 9,
    seed: int = 0,
    *,
    position: str | tuple[int, int] = MEAN,
    start: Any = None,
    value_range: tuple[float, float] | None = None,
    steps: int = 200,
    threshold: float = 1e-3,
    box: bool = False,
    variation_weight: float = 0.0,
    jitter: int = 0,
    cosine_waves: bool = False,
    batch_size: int | None = None,
) -> ActivationMaxima:
    """Gradient ascent to `max h(x)` subject to `|x| = norm`, for many units and starts at once.

    Erhan, Courville and Bengio 2010, section 4.2: after every step the input is brought back to the norm. Steps follow
    the direction of the gradient; a step that would lower the activation is not taken, and is shorter the next time.
    An input is done when five steps raise its activation by less than `threshold` of it; others take its place, so
    that as many inputs as fit are under way all the time. What is found for a unit does not depend on the others, but
    for the jitter.

    Args:
        model: see `units.tap`; what it receives is not preprocessed.
        layer, units, position: see `units.tap`.
        norm: of the inputs, such as the mean norm of the data; default: that of uniform noise in `value_range`;
            `math.inf`: no constraint.
        restarts: starts of every unit, the same for all.
        seed: of the starts and of the jitter.
        start: inputs to start from instead, `(R, ...)`.
        value_range: from where to where starts are uniform; default: 0..1 for vectors, 0..255 for pictures.
        steps: at most so many.
        threshold: see above.

    The rest makes pictures of networks for photographs readable, and is off by default:

    Args:
        box: keeps values in `value_range`. The norm may then be lower.
        variation_weight: of `ops.image_priors.total_variation` of `x / (high - low)`, taken from the activation.
        jitter: pixels by which the picture is moved, round its edges, before every step. All `steps` are taken then,
            shorter and shorter ones, and none is taken back.
        cosine_waves: ascent in the amplitudes of waves (`ops.cosine_basis`) instead of pixels.
        batch_size: inputs at a time; default: 1,024, or as many as have 4 million values, also in the layer's output.

    Raises:
        ValueError: units, a start or values out of range or of wrong shape.
    """
    tapped = tap(model, layer, units, position)
    shape = _input_shape(tapped, start)
    low, high = value_range or ((0.0, 1.0) if len(shape) == 1 else (0.0, 255.0))
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"value_range must be two rising numbers, received {value_range}")
    if restarts < 1 or steps < 1 or threshold < 0 or variation_weight < 0 or jitter < 0:
        raise ValueError(
            "restarts and steps must be at least 1 and threshold, variation_weight and jitter at least 0, received "
            f"{restarts}, {steps}, {threshold}, {variation_weight} and {jitter}"
        )
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, received {batch_size}")
    if len(shape) != 3 and (variation_weight or jitter or cosine_waves):
        raise ValueError(f"variation_weight, jitter and cosine_waves are for pictures, and inputs have shape {shape}")
    if norm is None:
        norm = math.sqrt(math.prod(shape) * (low * low + low * high + high * high) / 3)
    if not norm > 0:
        raise ValueError(f"norm must be positive, received {norm}")
    if start is None:
        start = np.random.default_rng(seed).uniform(low, high, (restarts, *shape)).astype("float32")
    start = np.asarray(start, "float32")
    if not np.isfinite(start).all():
        raise ValueError("start has values that are not finite.")
    picture = _Picture(shape, norm, (low, high), box, cosine_waves)
    ascent = _Ascent(tapped, picture, variation_weight, jitter, steps, threshold, seed)
    at_a_time = batch_size or max(1, min(MOST_AT_A_TIME, VALUES // max(math.prod(shape), tapped.values_in_all)))
    rows = (len(tapped.units), len(start))
    unit_of, start_of = (part.reshape(-1) for part in np.meshgrid(tapped.units, np.arange(len(start)), indexing="ij"))
    inputs, activations, converged, dead = ascent.climb(unit_of, start, start_of, min(at_a_time, len(unit_of)))
    return ActivationMaxima(
        layer,
        tapped.units,
        inputs.reshape(*rows, *shape),
        activations.reshape(rows),
        converged.reshape(rows),
        dead.reshape(rows),
    )


class _Picture:
    """What is changed, the constraint on it, and the input that it stands for."""

    def __init__(self, shape, norm, value_range, box, cosine_waves):
        self.axes, self.norm, self.box = tuple(range(1, len(shape) + 1)), norm, value_range if box else None
        self.extent = value_range[1] - value_range[0]
        self.unit = (
            norm if math.isfinite(norm) else self.extent * math.sqrt(math.prod(shape))
        )  # what steps are parts of
        self.waves = CosinePictures(*shape[:2]) if cosine_waves else None

    def length(self, x):
        return ops.sqrt(ops.sum(ops.square(x), axis=self.axes, keepdims=True))

    def of(self, parameters):
        return self.waves.pictures(parameters) if self.waves else parameters

    def parameters(self, inputs):
        return self.waves.amplitudes(inputs) if self.waves else inputs

    def constrained(self, parameters):
        """Brought to the norm, then into the range."""
        if math.isfinite(self.norm):
            parameters = parameters * (self.norm / ops.maximum(self.length(self.of(parameters)), 1e-30))
        if self.box:
            parameters = self.parameters(ops.clip(self.of(parameters), *self.box))
        return parameters


@dataclass(frozen=True)
class _Batch:
    """Inputs that are under way, one in each row; arrays between looks, tensors in a step.

    Attributes:
        items: which results these are; -1: none, the row is idle.
        units: int32.
        parameters: of the pictures.
        value: of the objective; -inf where not a step was taken yet.
        gradient: of it.
        length: of the next step.
        dead: whether there was nothing to climb at the start.
        taken: steps.
        looked_at: the value at the last look.
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


class _Ascent:
    """Steps for many inputs, each with its own unit and its own step size."""

    def __init__(self, tapped: Tap, picture: _Picture, variation_weight, jitter, steps, threshold, seed):
        self.tapped, self.picture, self.jitter = tapped, picture, jitter
        self.steps, self.threshold = steps, threshold
        self.random = np.random.default_rng(seed + 1)
        self.value_is_activation = not (variation_weight or jitter)

        def objective(parameters, units, shift):
            inputs = picture.of(parameters)
            for axis in (1, 2) if jitter else ():
                size = inputs.shape[axis]
                inputs = ops.take(inputs, ops.mod(ops.arange(size, dtype="int32") + shift[axis - 1], size), axis=axis)
            value = tapped.activation_of(inputs, units)
            if variation_weight:
                value = value - variation_weight * total_variation(inputs / picture.extent)
            return value

        def step(units, parameters, value, gradient, length, dead, shift):
            rows = (-1, *[1] * (len(parameters.shape) - 1))
            way = gradient * (picture.unit * ops.reshape(length, rows) / ops.maximum(picture.length(gradient), 1e-30))
            moved = picture.constrained(parameters + way)
            new_value, (new_gradient,) = backend.value_and_grad(lambda p: objective(p, units, shift))(moved)
            is_first = ops.equal(value, -math.inf)
            better = ops.logical_or(is_first, new_value > value)
            if jitter:
                better, longer = ops.ones_like(better), length
            else:
                longer = ops.clip(ops.where(better, GROWTH * length, SHRINKAGE * length), 0.0, LARGEST_STEP)
            flat = ops.reshape(ops.abs(new_gradient), (ops.shape(new_gradient)[0], -1))
            climbs = ops.logical_and(ops.isfinite(new_value), ops.max(flat, axis=-1) > 0)
            dead = ops.where(is_first, ops.logical_not(climbs), dead)
            kept = ops.reshape(better, rows)
            return (
                ops.where(kept, moved, parameters),
                ops.where(better, new_value, value),
                ops.where(kept, new_gradient, gradient),
                longer,
                dead,
            )

        self.step = backend.compile(step)
        self.activation_of = backend.compile(tapped.activation_of)

    def climb(self, unit_of, start, start_of, at_a_time):
        """Inputs, activations, whether they converged and whether they are dead, for all pairs of unit and start."""
        inputs = np.empty((len(unit_of), *start.shape[1:]), "float32")
        activations, converged, dead = np.empty(len(unit_of), "float32"), *np.zeros((2, len(unit_of)), bool)
        begin = ops.convert_to_numpy(self.picture.parameters(ops.convert_to_tensor(start)))
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
                found = self.picture.of(ops.convert_to_tensor(batch.parameters[rows]))
                inputs[items], activations[items] = ops.convert_to_numpy(found), batch.value[rows]
                converged[items], dead[items] = (settled & ~batch.dead)[rows], batch.dead[rows]
            for row in rows:
                enter(batch, row)
            batch = _without_idle_half(batch)
        if not self.value_is_activation:
            activations = self._activations(inputs, unit_of, at_a_time)
        return inputs, activations, converged, dead

    def _look_after_steps(self, batch):
        steps = min(LOOK, self.steps - int(batch.taken.max())) if self.jitter else LOOK
        state = [
            ops.convert_to_tensor(part)
            for part in (batch.parameters, batch.value, batch.gradient, batch.length, batch.dead)
        ]
        units, looked_at = ops.convert_to_tensor(batch.units), batch.value
        for index in range(steps):
            shift = ops.convert_to_tensor(self.random.integers(-self.jitter, self.jitter + 1, 2).astype("int32"))
            if self.jitter:
                state[3] = ops.convert_to_tensor(self._jittered_length(batch.taken + index))
            state = list(self.step(units, *state, shift))
        parameters, value, gradient, length, dead = (np.array(ops.convert_to_numpy(part)) for part in state)
        return _Batch(
            batch.items, batch.units, parameters, value, gradient, length, dead, batch.taken + steps, looked_at
        )

    def _jittered_length(self, taken):
        """Of steps that are all taken: a tenth of the norm and along a cosine to zero."""
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


def _idle(rows, shape):
    zeros = {name: np.zeros(rows, "float32") for name in ("value", "length", "looked_at")}
    pictures = {name: np.zeros((rows, *shape), "float32") for name in ("parameters", "gradient")}
    return _Batch(
        items=np.full(rows, -1),
        units=np.zeros(rows, "int32"),
        dead=np.zeros(rows, bool),
        taken=np.zeros(rows, int),
        **zeros,
        **pictures,
    )


def _without_idle_half(batch):
    """The rows that are under way, where they fit in half of the batch: fewer sizes mean fewer compilations."""
    busy = np.flatnonzero(batch.items >= 0)
    half = (len(batch.items) + 1) // 2
    if len(busy) > half or half == len(batch.items):
        return batch
    kept = np.concatenate([busy, np.flatnonzero(batch.items < 0)])[:half]
    return replace(batch, **{name: getattr(batch, name)[kept] for name in vars(batch)})


def _input_shape(tapped, start):
    """Of one input, without the batch; where the model leaves sizes open, the start's."""
    shape = tapped.input_shape
    if start is not None:
        received = np.shape(start)
        fits = len(received) == len(shape) + 1 and all(
            wanted in (None, size) for wanted, size in zip(shape, received[1:], strict=True)
        )
        if not fits or not received[0]:
            raise ValueError(f"start must have shape (restarts, {', '.join(map(str, shape))}), received {received}")
        return received[1:]
    if None in shape:
        raise ValueError(f"The model takes inputs of shape {shape}: pass a start, whose shape says of which size.")
    return shape
