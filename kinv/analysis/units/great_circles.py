"""What a unit ignores by its second derivatives at the optimum alone: what invariance manifolds are compared with."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from keras import ops

from kinv import backend
from kinv.surgery.tap import MEAN, Units, tap

from .manifold import EPSILONS, InvarianceManifold, checked_epsilons, checked_optimum

CURVATURES = ("geodesic", "hessian")
TINY = 1e-6  # of the longest image: what is new in an image and shorter than that is rounding


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
) -> InvarianceManifold:
    """From the optimum along great circles of the sphere `|x| = |optimum|`, in the directions of least curvature.

    `"geodesic"` are those of Berkes and Wiskott 2006: where the activation along the circle has the highest second
    derivative, the first eigenvectors of the Hessian within the tangent space. `"hessian"` is the other baseline of
    Erhan, Courville and Bengio 2010, section 5: the eigenvectors of the Hessian, of the whole space, whose
    eigenvalues are nearest to zero, moved along while remaining on the sphere. Both come from Lanczos' method with
    Hessian-vector products, never from the whole matrix. The second are those of the squared Hessian's lowest
    eigenvalues, as the ends of the spectrum are what the method finds.

    Networks without second derivatives (only ReLUs and maxima) have a Hessian of zero: their directions are random.

    Args:
        model, layer, units, optimum, epsilons, position, batch_size: see `trace_manifold`.
        curvature: `"geodesic"` or `"hessian"`.
        seed: of the vectors that Lanczos' method starts from.
        directions: eigenvectors; each is followed both ways.
        products: steps of Lanczos' method, fewer than inputs have values; default: 32, or all but one of them.

    Returns:
        A manifold with twice as many starts as directions: every eigenvector's one way, then their other ways.

    Raises:
        ValueError: values out of range or of wrong shape, or an optimum that is zero or not finite.
    """
    tapped = tap(model, layer, units, position)
    optimum, norms = checked_optimum(tapped, optimum)
    distances = checked_epsilons(epsilons)
    if curvature not in CURVATURES:
        raise ValueError(f"curvature must be one of {CURVATURES}, received {curvature!r}")
    shape = optimum.shape[1:]
    count, size = len(optimum), math.prod(shape)
    products = min(32, size - 1) if products is None else products
    if not 1 <= directions <= products < size:
        raise ValueError(
            f"expected 1 <= directions <= products < {size}, the values of an input, received {directions} and "
            f"{products}"
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
    for begin in range(0, count, at_a_time):
        at = slice(begin, begin + at_a_time)
        x, numbers = optimum[at].reshape(-1, size), tapped.units[at]
        axes = (x / norms[at, None]).astype("float64")

        def curve(vectors, x=x, numbers=numbers):
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
    return InvarianceManifold(
        layer, tapped.units, distances, optimum, points.reshape(*points.shape[:3], *shape), activations, dead
    )


def _least_curved(curve, axes, curvature, directions, products, random) -> np.ndarray:
    """Unit vectors at a right angle to the axes, `(B, directions, D)`."""

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
    """Approximate eigenvalues and eigenvectors of symmetric matrices, many at once, with whole reorthogonalisation.

    Args:
        product: `(B, D)` to the matrices times these vectors.
        draw: random vectors `(B, D)`: to start from, and to carry on where a matrix maps the space found so far into
            itself.
        steps: products; less than D.

    Returns:
        Eigenvalues, rising, `(B, steps)`, and eigenvectors, `(B, steps, D)`.
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
    """Less their parts in an orthonormal basis, `(B, D)`; twice, so that rounding does not show."""
    for _ in range(2):
        vectors = vectors - np.einsum("bid,bi->bd", basis, np.einsum("bid,bd->bi", basis, vectors))
    return vectors
