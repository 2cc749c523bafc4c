"""A family of transformations, scaled about the identity until a share of the predictions stays.

Shapes: `N` images, `B` members, `G` generators, first those of colour, then those of space, then modes of flows.
"""

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from .families import Generators
from .variety import Variety, variety

STEP = math.sqrt(2)  # between factors that are tried
FARTHEST = 8  # steps from the family as it is
BISECTIONS = 4  # between two steps
ORDER = "space", "color", "beyond"
FLATTEST = -0.01  # slope of the share: chance can make it 0, where nothing would be known of the volume


@dataclass(frozen=True)
class ScaledFamily:
    """A family, scaled about the identity until predictions for a share of the images stay.

    Attributes:
        name: such as `"learned"` or `"calibrated box"`.
        as_it_is: share of each image's predictions that stay with the family as it is, `(N,)`.
        factor: that all of its members were multiplied by in the Lie algebra.
        unchanged: share of each image's predictions that stay with that factor, `(N,)`.
        slope: how that share grows with the logarithm of the factor, negative.
        parts: measures of the scaled maps: of `"space"`, of `"color"`, and of `"beyond"` where there are flows.
        left_out: share of its members that have no logarithm, and were left out.
        longer: of a conditioned family, by how many nats it is larger for each image than where none is known, `(N,)`,
            in each part.
    """

    name: str
    as_it_is: np.ndarray
    factor: float
    unchanged: np.ndarray
    slope: float
    parts: dict[str, Variety]
    left_out: float
    longer: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def whole(self) -> str:
        """What all parts together are called."""
        return "both" if len(self.parts) == 2 else "all"

    def of(self, part: str) -> list[Variety]:
        """The measures of one part, or of all of them."""
        return list(self.parts.values()) if part == self.whole else [self.parts[part]]

    def log_volume(self, part: str) -> float:
        """Of one part, or of all of them."""
        return sum(varied.log_volume for varied in self.of(part))

    def influence(self, part: str) -> np.ndarray:
        """What each image adds to the log-volume of a part at the share, `(N,)`; its mean is 0."""
        generators = sum(varied.generators for varied in self.of(part))
        longer = sum(more for name, more in self.longer.items() if part in (name, self.whole))
        return -generators * (self.unchanged - self.unchanged.mean()) / self.slope + longer - np.mean(longer)


def scaled_family(
    name: str,
    members: np.ndarray,
    kept: Callable[[np.ndarray], np.ndarray],
    share: float,
    generators: Generators,
    random: np.random.Generator,
    exponents: float | np.ndarray = 1.0,
) -> ScaledFamily:
    """Finds the factor between the last step at which the share stays and the first at which it does not.

    Args:
        name: of the family.
        members: elements of the Lie algebra, `(B, G)`, NaN in rows that are none.
        kept: share of predictions that stay with members, for every image, `(N,)`.
        share: that is to stay.
        generators: of the members.
        random: replaces members that are none.
        exponents: of the factor for each generator, `(G,)`, where some are to grow faster than others.
    """

    known = np.isfinite(members).all(axis=1)
    replaced = members[known][random.integers(0, known.sum(), (~known).sum())]
    members = members.copy()
    members[~known] = replaced

    def times(step: float) -> np.ndarray:
        return members * STEP ** (step * np.asarray(exponents))

    tried: dict[float, np.ndarray] = {}

    def at(step: float) -> float:
        if step not in tried:
            tried[step] = kept(times(step))
        return float(tried[step].mean())

    inside, outside = (0.0, None) if at(0.0) >= share else (None, 0.0)
    while inside is None or outside is None:
        step = min(tried) - 1 if inside is None else max(tried) + 1
        if abs(step) > FARTHEST:
            raise ValueError(
                f"no size of the family {name!r} keeps {share:.0%} of the predictions: {STEP ** min(tried):.2g} to "
                f"{STEP ** max(tried):.2g} times its own, it keeps {at(min(tried)):.0%} to {at(max(tried)):.0%}"
            )
        inside, outside = (step, outside) if at(step) >= share else (inside, step)
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if at(middle) >= share else (inside, middle)
    best = min(tried, key=lambda step: abs(at(step) - share))
    slope = (at(best + 1) - at(best - 1)) / (2 * math.log(STEP))
    if slope > FLATTEST:
        warnings.warn(
            f"the share hardly falls as the family {name!r} grows: its volume at {share:.0%} is known less well than "
            "its interval says. Use more images.",
            stacklevel=4,  # of `compare_families`
        )
    maps = generators.maps(times(best))
    return ScaledFamily(
        name=name,
        as_it_is=tried[0.0],
        factor=STEP**best,
        unchanged=tried[best],
        slope=min(slope, FLATTEST),
        parts={part: variety(getattr(maps, part)) for part in sorted(generators.parts, key=ORDER.index)},
        left_out=float(1 - known.mean()),
    )
