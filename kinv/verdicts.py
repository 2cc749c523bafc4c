"""What a comparison with a control shows: better, worse, as good, or that too few were drawn to tell."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .intervals import CONFIDENCE, Chance, mean_interval

MARGIN = 0.05  # shares that differ by less are called as good as each other
MATTERS = 0.1  # part of the largest variance from which on a source of chance is named
DIGITS = 2  # of the numbers that would be needed


@dataclass(frozen=True)
class Verdict:
    """The verdict on a difference of two shares, a result's minus its control's.

    Attributes:
        kind: `"better"` or `"worse"` if the interval is on one side of 0; else `"as good"` if it lies within `MARGIN`
            of 0; else `"unknown"`.
        low, high: ends of the interval of the difference, -1..1; its confidence is 95 % unless another was asked for.
        needed: where it is unknown, roughly how many of what would tell, such as `((150, "images"),)`.
    """

    kind: Literal["better", "worse", "as good", "unknown"]
    low: float
    high: float
    needed: tuple[tuple[int, str], ...] = ()

    def words(self, result: str, control: str) -> str:
        """In words, to follow the control's share.

        Args:
            result, control: what was compared, in the plural, such as `"the learned ones"`.
        """
        between = f"{100 * self.low:.0f} to {100 * self.high:.0f} points"
        if self.kind == "better":
            return f"fewer, by {between}"
        if self.kind == "worse":
            return f"NOT fewer: {result} are worse, by {-100 * self.high:.0f} to {-100 * self.low:.0f} points"
        if self.kind == "as good":
            return f"NOT fewer: {control} are as good as {result}, to within {100 * MARGIN:.0f} points"
        few = " and ".join(of for _, of in self.needed)
        enough = " and ".join(f"{count:,} {of}" for count, of in self.needed)
        return f"NOT clearly fewer: too few {few} to tell ({between}), roughly {enough} are needed"


def judged(difference: float, chances: Sequence[Chance], confidence: float = CONFIDENCE) -> Verdict:
    """The verdict on a mean difference of two shares.

    Args:
        difference: the result's share minus the control's, -1..1.
        chances: what was drawn at random; see `mean_interval`.
        confidence: of the interval, 0..1.
    """
    low, high = mean_interval(difference, chances, confidence)
    low, high = max(low, -1.0), min(high, 1.0)  # no share differs by more
    if low > 0:
        return Verdict("better", low, high)
    if high < 0:
        return Verdict("worse", low, high)
    if -MARGIN < low and high < MARGIN:
        return Verdict("as good", low, high)
    return Verdict("unknown", low, high, _needed(difference, (high - low) / 2, chances))


def _needed(difference: float, half: float, chances: Sequence[Chance]) -> tuple[tuple[int, str], ...]:
    """How many would make the interval as short as any other verdict needs it, if the difference stays."""
    factor = (half / max(abs(difference), MARGIN - abs(difference))) ** 2
    largest = max(chance.variance for chance in chances)
    named = [chance for chance in chances if chance.variance >= MATTERS * largest]
    return tuple((_rounded_up(chance.count * factor), chance.of) for chance in named)


def _rounded_up(number: float) -> int:
    unit = 10 ** max(0, math.floor(math.log10(max(number, 1))) - DIGITS + 1)
    return math.ceil(number / unit) * unit
