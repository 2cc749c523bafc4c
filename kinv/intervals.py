"""Confidence intervals: of shares, and of means over several things that were drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm, t

CONFIDENCE = 0.95
LARGEST_VARIANCE = 0.25  # of a number in 0..1


@dataclass(frozen=True)
class Chance:
    """One source of chance in a mean.

    Attributes:
        of: what was drawn, in the plural, such as `"images"`.
        count: how many of them.
        variance: how much the mean varies as others are drawn.
    """

    of: str
    count: int
    variance: float


def of_paired_shares(differences: np.ndarray) -> tuple[float, float]:
    """An estimate of the mean of differences of two shares, and its variance.

    Two observations are added, of +1 and -1 (Bonett and Price 2012). Without them, a few equal observations would look
    like certainty.

    Args:
        differences: one for each observation, `(N,)` in -1..1.
    """
    adjusted = np.append(np.asarray(differences, "float64"), (1.0, -1.0))
    return float(adjusted.mean()), float(adjusted.var(ddof=1) / len(adjusted))


def variance_of_mean(shares: np.ndarray) -> float:
    """The variance of the mean of shares `(N,)` in 0..1; of a single one, the largest possible."""
    return float(np.var(shares, ddof=1) / len(shares)) if len(shares) > 1 else LARGEST_VARIANCE


def mean_interval(mean: float, chances: Sequence[Chance], confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval of a mean that several sources of chance move, with Satterthwaite's degrees of freedom.

    Args:
        mean: the estimate.
        chances: at least one, of positive variance in all; they are independent.
        confidence: in 0..1.

    Returns:
        Lower and upper end.
    """
    variance = sum(chance.variance for chance in chances)
    freedom = variance**2 / sum(chance.variance**2 / max(chance.count - 1, 1) for chance in chances)
    half = float(t.ppf((1 + confidence) / 2, freedom)) * variance**0.5
    return mean - half, mean + half


def wilson_interval(successes: Any, trials: Any, confidence: float = CONFIDENCE) -> tuple[Any, Any]:
    """The interval that covers the true share with this probability (Wilson 1927).

    Unlike the normal approximation, it stays within 0..1 and is not empty where all or none succeed.

    Args:
        successes, trials: numbers or arrays; no trials: the whole of 0..1.
        confidence: in 0..1.

    Returns:
        Lower and upper end, floats or arrays.

    Raises:
        ValueError: if there are more successes than trials, or `confidence` is out of range.
    """
    successes, trials = np.asarray(successes, "float64"), np.asarray(trials, "float64")
    if not 0 < confidence < 1 or (successes < 0).any() or (successes > trials).any():
        raise ValueError(
            f"successes must lie in 0..trials and confidence in 0..1, received {successes}, {trials} and {confidence}"
        )
    z = norm.ppf((1 + confidence) / 2)
    middle = (successes + z**2 / 2) / (trials + z**2)
    shares = np.divide(successes * (trials - successes), trials, out=np.zeros_like(middle), where=trials > 0)
    half = z / (trials + z**2) * np.sqrt(shares + z**2 / 4)
    low = np.where(successes == 0, 0.0, np.maximum(middle - half, 0))  # exact where rounding would leave 1e-17
    high = np.where(successes == trials, 1.0, np.minimum(middle + half, 1))
    return (float(low), float(high)) if low.ndim == 0 else (low, high)
