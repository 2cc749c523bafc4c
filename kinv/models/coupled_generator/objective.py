"""The activations to maximise: of classes, units, filters, and weighted sums of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kinv.surgery.tap import MEAN


@dataclass(frozen=True)
class Term:
    """A unit and its weight.

    Attributes:
        layer: name of the unit's layer; `None`: the classifier's output.
        unit: index of the unit, or name of a class.
        weight: factor of its activation.
        position: for a convolution, `"mean"` over the map, or row and column.
    """

    layer: str | None
    unit: int | str
    weight: float = 1.0
    position: Any = MEAN


@dataclass(frozen=True)
class Target:
    """A weighted sum of units' activations; targets can be added, and multiplied by a number."""

    terms: tuple[Term, ...]

    def __add__(self, other: "Target") -> "Target":
        return Target((*self.terms, *other.terms))

    def __mul__(self, factor: float) -> "Target":
        return Target(tuple(Term(t.layer, t.unit, t.weight * factor, t.position) for t in self.terms))

    __rmul__ = __mul__

    def config(self) -> list[dict[str, Any]]:
        """Its terms as JSON values."""
        return [asdict(term) for term in self.terms]

    @classmethod
    def from_config(cls, config: Sequence[dict[str, Any]]) -> "Target":
        """The target of which `config` is the configuration."""
        terms = [{**term, "position": _position(term["position"])} for term in config]
        return cls(tuple(Term(**term) for term in terms))


def classes(*chosen: int | str, weights: Sequence[float] | None = None) -> Target:
    """One class, or several for compound images (Despraz et al. 2017, figure 9).

    Args:
        *chosen: indices, or names if the classifier has them or the model is given `class_names`.
        weights: one for each class; default: equal weights that sum to 1.

    Raises:
        ValueError: if there are no classes, or the number of weights differs.
    """
    if not chosen:
        raise ValueError("classes needs at least one class, received none: pass indices or names.")
    weights = [1 / len(chosen)] * len(chosen) if weights is None else list(weights)
    if len(weights) != len(chosen):
        raise ValueError(f"weights must be one for each of {len(chosen)} classes, received {len(weights)}")
    return Target(tuple(Term(None, name, float(weight)) for name, weight in zip(chosen, weights, strict=True)))


def unit(layer: str, index: int, position: str | tuple[int, int] = MEAN) -> Target:
    """One unit of a layer; for a convolution, a filter at a position or averaged over its map."""
    return Target((Term(layer, index, 1.0, position if isinstance(position, str) else tuple(position)),))


def filters(layer: str, indices: Sequence[int]) -> Target:
    """The mean of several units or filters of a layer (figure 8)."""
    if not len(indices):
        raise ValueError("filters needs at least one index, received none: pass indices of filters.")
    return Target(tuple(Term(layer, int(index), 1 / len(indices)) for index in indices))


def _position(position):
    return position if isinstance(position, str) else tuple(position)
