"""How varied a family of maps is: a fixed offset is far from the identity, and has no variety.

Everything is measured in the Lie algebra, with orthonormal generators (`kinv.ops.lie`): 6 of space, 12 of colour. Of
flows, sizes of their modes are measured. Shapes: `B` maps, drawn from the family, `(B, R, R + 1)`; `G` generators.
"""

from dataclasses import dataclass

import numpy as np

from kinv.ops import lie
from kinv.results import Result

from .matrices import distances

FEWEST = 5  # maps for each generator, to know a covariance


@dataclass(frozen=True, repr=False)
class Variety(Result):
    """Measures of a family of maps.

    Attributes:
        generators: how many directions there are, 6 in space and 12 in colour.
        distance: mean Frobenius distance of the maps from the identity.
        between: mean Frobenius distance of two maps.
        effective_dimension: in how many directions maps vary alike, 1 to `generators`: the participation ratio of the
            covariance's eigenvalues, `(sum of l)^2 / sum of l^2`. 0 if maps do not vary.
        log_volume: half the logarithm of the covariance's determinant, in nats; minus infinity where a direction is
            missing.
        offset: share of the maps' mean squared size that is their mean, 0..1.
        standard_deviations: along the principal directions, the largest first, `(G,)`.
        without_logarithm: share of maps that no element of the algebra leads to, such as mirror images. They are left
            out of all but the distances.
    """

    generators: int
    distance: float
    between: float
    effective_dimension: float
    log_volume: float
    offset: float
    standard_deviations: np.ndarray
    without_logarithm: float

    def words(self) -> str:
        """In words, such as `they vary in 1.6 of 6 directions, and 95% of them is a fixed offset`."""
        directions = f"they vary in {self.effective_dimension:.1f} of {self.generators} directions"
        return f"{directions}, and {self.offset:.0%} of them is a fixed offset"

    def _numbers(self):
        names = ("distance", "between", "effective_dimension", "log_volume", "offset")
        return {name: getattr(self, name) for name in names}


def variety(maps: np.ndarray) -> Variety:
    """Measures maps that were drawn from a family.

    Args:
        maps: of space `(B, 2, 3)` or of colour `(B, C, C + 1)`; or sizes of modes, `(B, G)`.

    Raises:
        ValueError: fewer than five maps for each generator, or fewer that elements of the algebra lead to.
    """
    maps = np.asarray(maps, "float64")
    if len(maps) < fewest(maps):
        raise ValueError(f"expected at least {fewest(maps)} maps, received {len(maps)}")
    sizes = maps if maps.ndim == 2 else lie.sizes_of(lie.logarithm(maps), _generators(maps))
    known = sizes[np.isfinite(sizes).all(axis=1)]
    if len(known) < fewest(maps):
        raise ValueError(
            f"expected at least {fewest(maps)} maps with a logarithm, received {len(known)} of {len(maps)}"
        )
    generators = sizes.shape[1]
    eigenvalues = np.linalg.eigvalsh(np.cov(known.T, ddof=0).reshape(generators, -1))[::-1].clip(0)
    total, squares = eigenvalues.sum(), np.square(eigenvalues).sum()
    with np.errstate(divide="ignore"):
        log_volume = 0.5 * float(np.log(eigenvalues).sum())
    centre, mean_square = known.mean(axis=0), np.square(known).sum(axis=1).mean()
    half, size = len(maps) // 2, tuple(range(1, maps.ndim))
    reached = np.linalg.norm(maps, axis=1) if maps.ndim == 2 else distances(maps.astype("float32"))
    return Variety(
        generators=generators,
        distance=float(reached.mean()),
        between=float(np.sqrt(np.square(maps[:half] - maps[half : 2 * half]).sum(axis=size)).mean()),
        effective_dimension=float(total**2 / squares) if squares else 0.0,
        log_volume=log_volume,
        offset=float(np.square(centre).sum() / mean_square) if mean_square else 0.0,
        standard_deviations=np.sqrt(eigenvalues),
        without_logarithm=1 - len(known) / len(maps),
    )


def fewest(maps: np.ndarray) -> int:
    """How many maps of this shape are needed to know their covariance."""
    return FEWEST * (maps.shape[1] if maps.ndim == 2 else len(_generators(maps)))


def _generators(maps):
    return lie.SPACE if maps.shape[1] == 2 else lie.color_generators(maps.shape[1])
