"""Affine maps of coordinates and of colours as exponentials of generators: their Lie algebras.

A generator is the direction in which a transformation leaves the identity. All are orthonormal in the Frobenius inner
product, so that sizes in different directions can be compared. Shapes: `B` maps, `G` generators, `R` rows of a map,
which is stored without its last row, (0, .., 0, 1): `(B, R, R + 1)`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from keras import ops

SPACE: Mapping[str, np.ndarray] = {
    name: np.array(rows, "float64") / np.linalg.norm(rows)
    for name, rows in {
        "shift sideways": [[0, 0, 1], [0, 0, 0]],
        "shift up or down": [[0, 0, 0], [0, 0, 1]],
        "rotation": [[0, -1, 0], [1, 0, 0]],
        "zoom": [[1, 0, 0], [0, 1, 0]],
        "stretch": [[1, 0, 0], [0, -1, 0]],
        "shear": [[0, 1, 0], [1, 0, 0]],
    }.items()
}
OPPONENT = np.array([[1, 1, 1], [1, -1, 0], [1, 1, -2]], "float64")  # light and dark, red and green, blue and yellow
OPPONENT /= np.linalg.norm(OPPONENT, axis=1, keepdims=True)
AXES = "light", "red-green", "blue-yellow"
TERMS = 12  # of the exponential's series
HALVINGS = 6  # so that a map of norm 8 is within the series' reach
ROOTS, ITERATIONS = 8, 12  # of the logarithm, and of each of its square roots
SMALL = 1e-9  # an eigenvalue that is real, or not positive, but for rounding


def color_generators(channels: int = 3) -> dict[str, np.ndarray]:
    """The generators of affine maps of colours, `(C, C + 1)` by name, along opponent axes for three channels.

    `"light"` alone is more or less contrast of the brightness; `"light from light"` would be the same, so that a name
    with `from` mixes one axis into another. Shifts move all colours along an axis.
    """
    axes, names = (OPPONENT, AXES) if channels == 3 else (np.eye(channels), tuple(map(str, range(channels))))
    found = {}
    for row, name in enumerate(names):
        for column, other in enumerate(names):
            mixing = np.outer(axes[row], axes[column])
            found[name if row == column else f"{name} from {other}"] = np.pad(mixing, ((0, 0), (0, 1)))
    for row, name in enumerate(names):
        found[f"shift of {name}"] = np.pad(axes[row][:, None], ((0, 0), (channels, 0)))
    return found


def combined(generators: Mapping[str, np.ndarray], sizes: Any) -> Any:
    """Elements of the algebra, `(B, R, R + 1)`: generators times sizes `(B, G)`."""
    basis = ops.convert_to_tensor(np.stack(list(generators.values())).reshape(len(generators), -1), "float32")
    shape = next(iter(generators.values())).shape
    return ops.reshape(ops.matmul(ops.cast(sizes, "float32"), basis), (-1, *shape))


def exponential(elements: Any) -> Any:
    """The maps that elements `(B, R, R + 1)` of the algebra lead to."""
    return matrix_exponential(_square(ops.cast(elements, "float32")))[:, :-1]


def matrix_exponential(matrices: Any) -> Any:
    """The exponential of float32 matrices `(..., N, N)`, by scaling and squaring of its series."""
    scaled = matrices / 2.0**HALVINGS
    identity = ops.convert_to_tensor(np.eye(scaled.shape[-1]), "float32")
    found = term = ops.broadcast_to(identity, ops.shape(scaled))
    for order in range(1, TERMS):
        term = ops.matmul(term, scaled) / order
        found = found + term
    for _ in range(HALVINGS):
        found = ops.matmul(found, found)
    return found


def logarithm(maps: np.ndarray) -> np.ndarray:
    """The elements of the algebra that lead to maps `(B, R, R + 1)`, float64; NaN where no real one does.

    That is so for mirror images, and for turns by 180 degrees with a stretch. Square roots are taken until maps are
    near the identity (Denman and Beavers 1976), where the logarithm's series holds.
    """
    whole = np.concatenate([maps, np.broadcast_to(np.eye(maps.shape[2])[-1:], (len(maps), 1, maps.shape[2]))], axis=1)
    whole = whole.astype("float64")
    values = np.linalg.eigvals(whole)
    real = ~((np.abs(values.imag) < SMALL) & (values.real < SMALL)).any(axis=1)
    rooted, identity = whole[real], np.eye(whole.shape[1])
    for _ in range(ROOTS):
        other = np.broadcast_to(identity, rooted.shape)
        for _ in range(ITERATIONS):
            rooted, other = (rooted + np.linalg.inv(other)) / 2, (other + np.linalg.inv(rooted)) / 2
    power = step = rooted - identity
    total = step.copy()
    for order in range(2, TERMS):
        power = power @ step
        total += (-1) ** (order + 1) * power / order
    found = np.full(maps.shape, np.nan)
    found[real] = 2.0**ROOTS * total[:, :-1]
    return found


def sizes_of(elements: np.ndarray, generators: Mapping[str, np.ndarray]) -> np.ndarray:
    """How much of each generator is in elements `(B, R, R + 1)` of the algebra, `(B, G)`."""
    basis = np.stack(list(generators.values())).reshape(len(generators), -1)
    return elements.reshape(len(elements), -1) @ basis.T


def _square(elements):
    return ops.pad(elements, ((0, 0), (0, 1), (0, 0)))
