"""How large families of transformations are at the same share of unchanged predictions: learned, and simple ones.

Shapes: `N` images, `D` draws, `B = D * N` members, `G` generators, first those of colour, then those of space, then
modes of flows.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinv.intervals import Chance, mean_interval
from kinv.results import TableResult

from .scaled_family import ScaledFamily

LEARNED = "learned"  # the first family
SIMPLE = "random directions", "hand-made", "calibrated box"
WORDS = {
    "space": "In space",
    "color": "In colour",
    "beyond": "In flows beyond affine maps",
    "both": "In both together, which share one budget",
    "all": "In all three together, which share one budget",
}
NAMES = {"space": "space", "color": "colour", "beyond": "flows"}


@dataclass(frozen=True, repr=False)
class FamilyComparison(TableResult):
    """Families of transformations at the same share of unchanged predictions.

    Attributes:
        share: of the predictions that stay, at which families are compared.
        families: the learned one first, then other learned ones, then the simple ones.
        images: how many images were used.
        in_proportion: learned families with their parts in the proportion of the best simple one: larger by as many
            nats in each. Those that have a volume; none where no simple family has one.
    """

    share: float
    families: tuple[ScaledFamily, ...]
    images: int
    in_proportion: Mapping[str, ScaledFamily]

    def _numbers(self):
        return self.metrics()

    def _columns(self):
        rows: dict[str, list] = {"family": [family.name for family in self.families]}
        rows["unchanged"] = [family.unchanged.mean() for family in self.families]
        rows["unchanged_as_it_is"] = [family.as_it_is.mean() for family in self.families]
        rows["factor"] = [family.factor for family in self.families]
        for part in self.families[0].parts:
            for number in ("distance", "between", "effective_dimension", "log_volume", "offset"):
                rows[f"{part}_{number}"] = [getattr(family.parts[part], number) for family in self.families]
        rows["left_out"] = [family.left_out for family in self.families]
        return {name: np.array(column) for name, column in rows.items()}

    def metrics(self) -> dict[str, float]:
        """Of the first learned family, see `metrics_of`."""
        return self.metrics_of(LEARNED)

    def metrics_of(self, learned: str) -> dict[str, float]:
        """A learned family's log-volumes at the share, and by how much it is larger than the best simple one.

        Args:
            learned: name of the learned family.
        """
        family, found = self._learned(learned), {"share": self.share}
        for part in (*family.parts, family.whole):
            _, difference, (low, high) = self.larger(part, learned)
            found[f"{part}_log_volume"] = family.log_volume(part)
            found[f"{part}_larger"], found[f"{part}_larger_low"], found[f"{part}_larger_high"] = difference, low, high
            if part in family.parts:
                found[f"{part}_dimension"] = family.parts[part].effective_dimension
        if learned in self.in_proportion:
            _, difference, (low, high) = self.larger_in_each(learned)
            found["each_larger"], found["each_larger_low"], found["each_larger_high"] = difference, low, high
        return found

    def larger_in_each(self, learned: str = LEARNED) -> tuple[str, float, tuple[float, float]]:
        """The best simple family in all parts, and by how many nats a learned one is larger in each of them, when it
        is brought to the same proportion; with the interval.

        A family can be large in space by being small in colour. This compares all parts at once.

        Args:
            learned: name of the learned family.

        Raises:
            ValueError: it has no volume, or no simple family has one, or there is no such learned family.
        """
        family = self._learned(learned)
        if learned not in self.in_proportion:
            raise ValueError(f"no simple family has a volume, or {learned!r} has none: there is nothing to compare")
        brought = self.in_proportion[learned]
        whole, parts = family.whole, len(family.parts)
        best = max(self.simple, key=lambda one: one.log_volume(whole))
        difference = (brought.log_volume(whole) - best.log_volume(whole)) / parts
        return best.name, difference, _interval(difference, brought, best, whole, 1 / parts)

    def larger(self, part: str, learned: str = LEARNED) -> tuple[str, float, tuple[float, float]]:
        """The best simple family of a part, by how many nats a learned one is larger, and the interval.

        Args:
            part: `"space"`, `"color"`, `"beyond"` where there are flows, or `"both"` (with flows `"all"`). A family can
                be large in one by being small in another.
            learned: name of the learned family.

        Raises:
            ValueError: there is no such learned family.
        """
        family = self._learned(learned)
        best = max(self.simple, key=lambda one: one.log_volume(part))
        difference = family.log_volume(part) - best.log_volume(part)
        if not math.isfinite(difference):
            return best.name, difference, (difference, difference)
        return best.name, difference, _interval(difference, family, best, part)

    @property
    def simple(self) -> tuple[ScaledFamily, ...]:
        """The families that were not learned."""
        return tuple(family for family in self.families if family.name in SIMPLE)

    def _learned(self, name: str) -> ScaledFamily:
        learned = {family.name: family for family in self.families if family.name not in SIMPLE}
        if name not in learned:
            raise ValueError(f"the learned families are {', '.join(learned)}; received {name!r}")
        return learned[name]

    def summary(self) -> str:
        """In sentences: how large the families are at the same share, and whether the learned one is the largest."""
        lines = [f"Families that keep {self.share:.0%} of the predictions for {self.images} images:"]
        for family in self.families:
            parts = (
                f"{NAMES[part]} {_nats(varied.log_volume)}, {varied.effective_dimension:.1f} of {varied.generators} "
                f"directions, {varied.offset:.0%} fixed"
                for part, varied in family.parts.items()
            )
            lines.append(f"  {family.name}: {'; '.join(parts)}.")
        for family in self.families:
            if family.name not in SIMPLE:
                lines += self._verdicts(family)
        return "\n".join(lines)

    def _verdicts(self, family: ScaledFamily) -> list[str]:
        """In sentences: whether a learned family is larger than the best simple one."""
        name = "the learned family" if family.name == LEARNED else f"the learned family {family.name!r}"
        lines = []
        for part in (*family.parts, family.whole):
            best, difference, (low, high) = self.larger(part, family.name)
            if not math.isfinite(difference):
                lines.append(f"{WORDS[part]}, {name} cannot be compared with {best}: one of them has no volume.")
                continue
            size = f"{abs(difference):.1f} nats (95% interval of the difference: {low:.1f} to {high:.1f})"
            if low > 0:
                verdict = f"larger than {best}, the best simple family, by {size}"
            elif high < 0:
                verdict = f"SMALLER than {best} by {size}"
            else:
                verdict = f"about as large as {best}: they differ by {size}"
            lines.append(f"{WORDS[part]}, {name} is {verdict}.")
        if family.name in self.in_proportion:
            best, difference, (low, high) = self.larger_in_each(family.name)
            others = " and ".join(f"in {NAMES[part]}" for part in list(family.parts)[1:])
            lines.append(
                f"In the proportion of {best}, {'it' if name == 'the learned family' else name} differs from that by "
                f"{difference:+.1f} nats in space and as many {others} (95% interval: {low:+.1f} to {high:+.1f})."
            )
        return lines


def _nats(volume):
    return f"{volume:.1f} nats" if math.isfinite(volume) else "no volume"


def _interval(difference, learned, best, part, weight=1.0):
    """95 %, over images, of `weight` times a difference of log-volumes."""
    influence = weight * (learned.influence(part) - best.influence(part))
    chance = Chance("images", len(influence), float(influence.var(ddof=1) / len(influence)))
    return mean_interval(difference, [chance])
