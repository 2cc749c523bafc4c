"""Which transformations are applied, and at which magnitudes.

Shapes: `M` magnitudes.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kinv.choices import unknown
from kinv.known_names import each_transformation
from kinv.ops import TRANSFORMATIONS, Custom, Transformation, find

from .learned_transformation import LearnedTransformation

Plan = tuple[Transformation, np.ndarray]


def planned(
    transformations: Sequence[Any] | str | None, magnitudes: Mapping[str, Any] | None, most: int | None = None
) -> list[Plan]:
    """Transformations, and the magnitudes of each: ascending `(M,)` with the neutral one, or all combinations `(M, 2)`.

    Args:
        transformations, magnitudes: as in `kinv.screen`.
        most: about how many of a transformation's default magnitudes are used; default: all.

    Raises:
        ValueError: unknown names, two transformations of one name, or magnitudes that are not of the transformations.
    """
    return [_plan(transformation, magnitudes or {}, most) for transformation in _chosen(transformations, magnitudes)]


def _chosen(transformations, magnitudes) -> list[Transformation]:
    found, transformers = [], 0
    given = TRANSFORMATIONS if transformations is None else transformations
    for item in [given] if isinstance(given, str) else given:
        if isinstance(item, str):
            found += map(find, each_transformation([item]))
        elif isinstance(item, Transformation):
            found.append(item)
        elif hasattr(item, "apply_matrices"):
            transformers += 1
            found += LearnedTransformation.parts(item, "learned" if transformers == 1 else f"learned{transformers}")
        elif callable(item):
            name = getattr(item, "__name__", "custom")
            if not magnitudes or name not in magnitudes:
                raise ValueError(
                    f"your function {name} needs magnitudes: pass magnitudes={{{name!r}: [0, 0.5, 1]}} or the like"
                )
            found.append(Custom(item, magnitudes[name]))
        else:
            raise ValueError(f"transformations must be names, Transformation objects or functions, received {item!r}")
    names = [transformation.name for transformation in found]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"transformations must be at least one, with different names, received {names}")
    others = set(magnitudes or {}) - set(names)
    if others:
        raise ValueError(unknown("transformation", min(others), names, where=" in magnitudes, which is not screened"))
    return found


def _plan(transformation, magnitudes, most) -> Plan:
    if transformation.dimensions > 2:
        raise ValueError(f"at most two transformations can be screened together, received {transformation.name}")
    chosen = magnitudes.get(transformation.name)
    if chosen is None and most is not None:
        chosen = transformation.thinned(math.ceil(len(transformation.magnitudes) / most))
    if chosen is None:
        points = np.asarray(transformation.magnitudes, "float64")
    elif transformation.dimensions > 1:
        if len(chosen) != transformation.dimensions:
            raise ValueError(
                f"{transformation.name} takes {transformation.dimensions} sequences of magnitudes, one for each part, "
                f"received {len(chosen)}"
            )
        grid = np.meshgrid(*(np.unique(np.asarray(axis, "float64")) for axis in chosen), indexing="ij")
        points = np.stack(grid, axis=-1).reshape(-1, transformation.dimensions)
    else:
        points = np.unique(np.asarray(chosen, "float64"))
    if not points.size:
        raise ValueError(f"{transformation.name}: received no magnitudes, expected at least one")
    if points.ndim == 1:  # the search for critical points starts at the neutral one
        points = np.union1d(points, [transformation.neutral])
    transformation.check(points)
    return transformation, points
