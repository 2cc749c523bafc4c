"""Invariances from second derivatives at the optimum alone: the baselines of invariance manifolds."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from keras import ops

from kinv import backend
from kinv.choices import checked_choice
from kinv.classifiers.classes import unit_names
from kinv.progress_bar import progress_bar
from kinv.surgery.tap import MEAN, Units, tap

from .checks import checked_epsilons, checked_optimum
from .manifold import EPSILONS, InvarianceManifold

CURVATURES = ("geodesic", "hessian")
TINY = 1e-6  # relative to the longest product: a shorter new component is rounding error


def follow_great_circles(
    model: Any,
    layer: str,
    units: Units,
    optimum: Any,
    epsilons: Sequence[float] = EPSILONS,
    curvature: str = "geodesic",
    seed: int = 0,
    *,
    position: str | tuple[int, int] = MEAN,
    directions: int = 4,
    products: int | None = None,
    batch_size: int | None = None,
    progress: bool = False,
) -> InvarianceManifold:
    """Follows great circles of the sphere `|x| = |optimum|` from the optimum, in the directions of least curvature.

    `"geodesic"` directions are those of Berkes and Wiskott 2006: the first eigenvectors of the Hessian within the
    tangent space, where the activation along the circle has the highest second derivative. `"hessian"` is the other
    baseline of Erhan, Courville and Bengio 2010, section 5: the eigenvectors of the full Hessian whose eigenvalues are
    nearest to zero, followed on the sphere. Both come from the Lanczos method with Hessian-vector products, never from
    the whole matrix. The method finds the ends of a spectrum. `"hessian"` directions are therefore computed from the
    lowest eigenvalues of the squared Hessian.

    Networks without second derivatives (only ReLUs and max pooling) have a zero Hessian: their directions are random.

    Args:
        model, layer, units, optimum, epsilons, position, batch_size: see `trace_manifold`.
        curvature: `"geodesic"` or `"hessian"`.
        seed: seed of the start vectors of the Lanczos method.
        directions: number of eigenvectors; each is followed in both directions.
        products: steps of the Lanczos method, fewer than an input has values; default: 32, or one less than an input
            has values if that is fewer.
        progress: whether to show a bar on stderr.

    Returns:
        A manifold with twice as many starts as directions: all eigenvectors, then all of their opposites.

    Raises:
        ValueError: if values are out of range or of the wrong shape, or the optimum is zero or not finite.
    """
    tapped = tap(model, layer, units, position)
    optimum, norms = checked_optimum(tapped, optimum)
    distances = checked_epsilons(epsilons)
    checked_choice("curvature", curvature, CURVATURES)
    shape = optimum.shape[1:]
    count, size = len(optimum), math.prod(shape)
    products = min(32, size - 1) if products is None else products
    if not 1 <= directions <= products < size:
        raise ValueError(
            f"expected 1 <= directions <= products < {size}, the number of values of an input, received "
            f"{directions} and {products}"
        )

    def activation(x, numbers):
        return tapped.activation_of(ops.reshape(x, (-1, *shape)), numbers)

    def gradient(x, numbers):
        return backend.value_and_grad(lambda x: activation(x, numbers))(x)[1][0]

    answer, slope, product = (
        backend.compile(part) for part in (activation, gradient, backend.hessian_product(activation))
    )
    points = np.empty((count, 2 * directions, len(distances), size), "float32")
    dead = np.empty(count, bool)
    at_a_time = tapped.at_a_time(shape, batch_size)
    total = count * products * (1 if curvature == "geodesic" else 2)  # Hessian-vector products
    with progress_bar(f"following great circles of {layer}", total, progress) as advance:
        for begin in range(0, count, at_a_time):
            at = slice(begin, begin + at_a_time)
            x, numbers = optimum[at].reshape(-1, size), tapped.units[at]
            axes = (x / norms[at, None]).astype("float64")

            def curve(vectors, x=x, numbers=numbers):
                advance(len(x))
                return ops.convert_to_numpy(product(x, vectors.astype("float32"), numbers)).astype("float64")

            slopes = ops.convert_to_numpy(slope(x, numbers))
            dead[at] = ~(np.isfinite(slopes).all(axis=1) & slopes.any(axis=1))
            found = _least_curved(curve, axes, curvature, directions, products, np.random.default_rng([seed, begin]))
            ways = np.concatenate([found, -found], axis=1)
            angles = np.arccos(1 - distances**2 / 2)[:, None]
            along = np.cos(angles) * axes[:, None, None] + np.sin(angles) * ways[:, :, None]
            points[at] = norms[at, None, None, None] * along
    numbers = np.repeat(tapped.units, points[0, :, :, 0].size)
    flat = points.reshape(-1, size)
    found = [
        ops.convert_to_numpy(answer(flat[begin : begin + at_a_time], numbers[begin : begin + at_a_time]))
        for begin in range(0, len(flat), at_a_time)
    ]
    activations = np.where(dead[:, None, None], np.nan, np.concatenate(found).reshape(points.shape[:3]))
    points = points.reshape(*points.shape[:3], *shape)
    names = unit_names(model, layer, tapped.units)
    return InvarianceManifold(layer, tapped.units, distances, optimum, points, activations, dead, names)


def _least_curved(curve, axes, curvature, directions, products, random) -> np.ndarray:
    """Unit vectors orthogonal to the axes, `(B, directions, D)`."""

    def within(vectors):
        return vectors - np.sum(vectors * axes, axis=1, keepdims=True) * axes

    def noise():
        return random.standard_normal(axes.shape)

    if curvature == "geodesic":
        _, vectors = lanczos(lambda v: within(curve(within(v))), lambda: within(noise()), products)
        chosen = vectors[:, ::-1][:, :directions]
    else:
        _, vectors = lanczos(lambda v: curve(curve(v)), noise, products)
        chosen = vectors[:, :directions]
    chosen = np.stack([within(chosen[:, index]) for index in range(directions)], axis=1)
    return chosen / np.linalg.norm(chosen, axis=2, keepdims=True)


def lanczos(
    product: Callable[[np.ndarray], np.ndarray], draw: Callable[[], np.ndarray], steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Approximate eigenvalues and eigenvectors of symmetric matrices, many at once, with full reorthogonalisation.

    Args:
        product: maps vectors `(B, D)` to the products of the matrices with them.
        draw: returns random vectors `(B, D)`: to start from, and to continue where a matrix maps the space found so
            far into itself.
        steps: number of products, less than D.

    Returns:
        Ascending eigenvalues, `(B, steps)`, and eigenvectors, `(B, steps, D)`.
    """
    vector = draw()
    batch, size = vector.shape
    basis = np.empty((batch, steps, size))
    tridiagonal = np.zeros((batch, steps, steps))
    vector = vector / np.linalg.norm(vector, axis=1, keepdims=True)
    largest = np.zeros(batch)
    for index in range(steps):
        basis[:, index] = vector
        image = product(vector)
        tridiagonal[:, index, index] = np.sum(image * vector, axis=1)
        largest = np.maximum(largest, np.linalg.norm(image, axis=1))
        rest = _orthogonal(image, basis[:, : index + 1])
        length = np.linalg.norm(rest, axis=1)
        exhausted = length <= TINY * largest
        if index + 1 == steps:
            break
        length = np.where(exhausted, 0, length)
        tridiagonal[:, index, index + 1] = tridiagonal[:, index + 1, index] = length
        if exhausted.any():
            rest[exhausted] = _orthogonal(draw(), basis[:, : index + 1])[exhausted]
        vector = rest / np.linalg.norm(rest, axis=1, keepdims=True)
    values, inner = np.linalg.eigh(tridiagonal)
    return values, np.einsum("bik,bid->bkd", inner, basis)


def _orthogonal(vectors, basis):
    """Vectors minus their projections on an orthonormal basis, `(B, D)`; done twice, against rounding errors."""
    for _ in range(2):
        vectors = vectors - np.einsum("bid,bi->bd", basis, np.einsum("bid,bd->bi", basis, vectors))
    return vectors
