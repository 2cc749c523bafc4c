"""Images whose activations match under generated filters: visualises the invariances that a Filter GAN found."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from kinv import backend
from kinv.arrays import as_numbers
from kinv.data.checks import as_images
from kinv.ops.blur import gaussian_blur
from kinv.ops.image_priors import alpha_norm, total_variation
from kinv.progress_bar import progress_bar
from kinv.results import TableResult

CELLS, VALUES = 256, 1_000_000  # most cells, and image values, at a time
SMALLEST_STEP, LARGEST_STEP = 1e-6, 1e4
PROBE = 1e-3  # largest pixel change of the first step, for images in 0..1


@dataclass(frozen=True, repr=False)
class ActivationMatches(TableResult):
    """Results of `match_activations`: `R` rows and `R` columns of cells for every image.

    Attributes:
        images: float32 `(N, R, R, H, W, C)` in 0..255.
        codes: the latent codes of the cells, `(N, R, R, Z)`.
        before: the objective at the original image, `(N, R, R)`.
        after: the objective at the image found, `(N, R, R)`.
        dimensions: the two dimensions of `z` that vary along rows and columns, `(N, 2)`.
    """

    images: np.ndarray
    codes: np.ndarray
    before: np.ndarray
    after: np.ndarray
    dimensions: np.ndarray

    def _numbers(self):
        return {"median_fall": np.nanmedian(self.fall)}

    def _columns(self):
        cells = np.arange(self.before.shape[1])
        return {
            "image": np.arange(len(self.before))[:, None, None],
            "row": cells[:, None],
            "column": cells,
            "before": self.before,
            "after": self.after,
            "fall": self.fall,
        }

    @property
    def fall(self) -> np.ndarray:
        """Relative decrease of the objective, `(N, R, R)`; NaN in the middle cell, which starts at the optimum."""
        middle = self.before.shape[1] // 2
        fall = 1 - self.after / self.before
        fall[:, middle, middle] = np.nan
        return fall


def match_activations(
    gan: Any,
    images: np.ndarray,
    *,
    z: np.ndarray | None = None,
    dimensions: np.ndarray | None = None,
    extent: float = 1.5,
    cells: int = 7,
    compare_at: str | None = None,
    from_counterparts: bool = False,
    steps: int = 100,
    smoothing: float = 0.0,
    alpha_weight: float = 1e-6,
    variation_weight: float = 1e-6,
    seed: int = 0,
    progress: bool = False,
) -> ActivationMatches:
    """For a grid of latent codes, finds images near the original with the activations of the original.

    "Parametrizing filters of a CNN with a GAN", section 4: with `a(x|z)` the layer's output for the filters of `z`,
    gradient descent from `x` on `|a(x'|z_k) - a(x|z)|^2 / |a(x|z)|^2 + Psi(x')`, for all `z_k` of a grid around `z`.
    Every cell has its own step size (Barzilai and Borwein 1988) and keeps the best image found.

    Args:
        gan: a trained `FilterGAN` with its classifier.
        images: `(N, H, W, C)` in 0..255.
        z: codes of the middle cells, `(N, Z)`; default: drawn at random.
        dimensions: the two dimensions of `z` that vary, `(N, 2)`; default: drawn at random.
        extent: `xi`; codes range from `-xi` to `xi` around the middle.
        cells: number of rows and of columns, odd.
        compare_at: layer above the convolution whose outputs are compared, instead of the convolution's own (the
            paper's `a`). At a higher layer, more may differ, as the network has discarded more.
        from_counterparts: whether descents start at counterparts of the images instead of these, the paper's: those of
            `z - z_k`, which undo what the filters of a cell do. They lead farther, to matches as good or better.
        steps: number of gradient descent steps.
        smoothing: standard deviation in pixels of a Gaussian that blurs the change to `x`, so that strokes change
            rather than single pixels. 0 is the paper's.
        alpha_weight, variation_weight: weights of the natural image prior, on images in 0..1.
        seed: seeds the random draws.
        progress: whether to show a bar on stderr.

    Raises:
        ValueError: if images do not fit the network, `cells` is even, `smoothing` is negative, codes have another
            shape, or no such layer is above.
    """
    shape = gan.cut.require("match_activations").classifier.input_shape[1:]
    images = as_images(images, shape=shape).astype("float32", copy=False)
    if cells < 3 or cells % 2 == 0:
        raise ValueError(f"cells must be an odd number of at least 3, received {cells}")
    if steps < 1 or gan.latent_dim < 2:
        raise ValueError(f"steps must be at least 1 and latent_dim at least 2, received {steps} and {gan.latent_dim}")
    if smoothing < 0:
        raise ValueError(f"smoothing must be at least 0, received {smoothing}")
    random = np.random.default_rng(seed)
    if z is None:
        z = random.normal(size=(len(images), gan.latent_dim))
    if dimensions is None:
        dimensions = np.stack([random.choice(gan.latent_dim, 2, replace=False) for _ in images])
    if np.shape(z) != (len(images), gan.latent_dim) or np.shape(dimensions) != (len(images), 2):
        raise ValueError(
            f"z and dimensions must have shapes {(len(images), gan.latent_dim)} and {(len(images), 2)}, received "
            f"{np.shape(z)} and {np.shape(dimensions)}"
        )
    middle, dimensions = as_numbers(z, "z"), np.asarray(dimensions)
    if dimensions.min() < 0 or dimensions.max() >= gan.latent_dim or (dimensions[:, 0] == dimensions[:, 1]).any():
        raise ValueError(f"dimensions must be two different ones of 0..{gan.latent_dim - 1}, received {dimensions}")
    codes = _grid(middle, dimensions, extent, cells)
    flat = codes.reshape(-1, gan.latent_dim)
    middles = np.repeat(middle, cells**2, axis=0)
    start = np.repeat(images, cells**2, axis=0)
    begin = _counterparts(gan, start, middles - flat) if from_counterparts else start
    descend = _Descent(gan, compare_at, steps, smoothing, alpha_weight, variation_weight)
    chunks = _chunks(start.shape)
    with progress_bar("matching activations", len(chunks) * steps, progress) as advance:
        parts = [descend(start[at], begin[at], middles[at], flat[at], advance) for at in chunks]
    found, before, after = (np.concatenate(values) for values in zip(*parts, strict=True))
    shape = (len(images), cells, cells)
    return ActivationMatches(
        found.reshape(*shape, *images.shape[1:]), codes, before.reshape(shape), after.reshape(shape), dimensions
    )


class _Descent:
    """Gradient descent for many cells at once."""

    def __init__(self, gan, compare_at, steps, smoothing, alpha_weight, variation_weight):
        self.gan, self.steps = gan, steps
        cut = gan.cut.require("match_activations")
        answer_above = cut.up_to(compare_at)

        def answer(shown, kernels):
            entering, past = cut.enter(255.0 * shown)
            return answer_above(cut.convolve(entering, kernels), past)

        def moved(changes, images):
            if smoothing:
                widths = ops.full((ops.shape(changes)[0],), smoothing)
                changes = gaussian_blur(changes, widths)
            shown = images + changes
            inside = ops.logical_and(shown >= 0, shown <= 1)  # gradients at both ends too, on any backend
            return ops.where(inside, shown, ops.stop_gradient(ops.clip(shown, 0.0, 1.0)))

        def objective(changes, images, target, size, kernels):
            shown = moved(changes, images)
            missed = _squared_length(answer(shown, kernels) - target) / size
            prior = alpha_weight * alpha_norm(shown) + variation_weight * total_variation(shown)
            return missed + prior

        def slope(changes, images, target, size, kernels):
            value, (gradient,) = backend.value_and_grad(lambda c: objective(c, images, target, size, kernels))(changes)
            return value, gradient

        self.moved = backend.compile(moved)
        self.slope = backend.compile(slope)
        self.answer = backend.compile(answer)

    def __call__(self, images, begin, middle, codes, advance):
        target = self.answer(ops.convert_to_tensor(images / 255.0), self.gan.generate_filters(middle))
        size = _squared_length(target)
        if not ops.convert_to_numpy(ops.all(size > 0)):
            raise ValueError(
                "The layer's output must not be 0, received an image for which it is: leave that image out."
            )
        kernels, changes = self.gan.generate_filters(codes), np.zeros_like(images)
        first, _ = self._at(changes, (ops.convert_to_tensor(images / 255.0), target, size, kernels))
        given = ops.convert_to_tensor(begin / 255.0), target, size, kernels
        value, gradient = self._at(changes, given)
        best, best_value = changes, value
        step = PROBE / (np.abs(gradient).max(axis=(1, 2, 3), keepdims=True) + 1e-12)
        for _ in range(self.steps):
            moved = changes - step * gradient
            value, new = self._at(moved, given)
            way, turn = moved - changes, new - gradient
            curvature = (way * turn).sum(axis=(1, 2, 3), keepdims=True)
            squared = (way * way).sum(axis=(1, 2, 3), keepdims=True)
            step = np.where(curvature > 0, squared / np.maximum(curvature, 1e-20), 2 * step)
            step = np.clip(step, SMALLEST_STEP, LARGEST_STEP)
            changes, gradient = moved, new
            better = value < best_value
            best = np.where(better[:, None, None, None], moved, best)
            best_value = np.where(better, value, best_value)
            advance(1)
        return 255.0 * ops.convert_to_numpy(self.moved(ops.convert_to_tensor(best), given[0])), first, best_value

    def _at(self, changes, given):
        value, gradient = self.slope(ops.convert_to_tensor(changes.astype("float32")), *given)
        return ops.convert_to_numpy(value), ops.convert_to_numpy(gradient)


def _counterparts(gan, images, codes):
    """Counterparts of images for codes, and the images themselves where a code is 0: the middle cell."""
    found = [ops.convert_to_numpy(gan.counterpart(images[at], codes[at])) for at in _chunks(images.shape)]
    return np.where(np.any(codes, axis=1)[:, None, None, None], np.concatenate(found), images)


def _squared_length(values):
    return ops.sum(ops.square(values), axis=tuple(range(1, len(values.shape))))


def _grid(z, dimensions, extent, cells):
    """Codes `(N, R, R, Z)` around `(N, Z)`; the first of the two dimensions varies from row to row."""
    codes = np.broadcast_to(z[:, None, None], (len(z), cells, cells, z.shape[-1])).copy()
    offsets = np.linspace(-extent, extent, cells, dtype="float32")
    image = np.arange(len(z))
    for index, offset in enumerate(offsets):
        codes[image, index, :, dimensions[:, 0]] += offset
        codes[image, :, index, dimensions[:, 1]] += offset
    return codes


def _chunks(shape):
    at_a_time = max(1, min(CELLS, VALUES // math.prod(shape[1:])))
    return [slice(start, min(start + at_a_time, shape[0])) for start in range(0, shape[0], at_a_time)]
