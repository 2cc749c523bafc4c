"""Intervals of shares."""

from typing import Any

import numpy as np
from scipy.stats import norm


def wilson_interval(successes: Any, trials: Any, confidence: float = 0.95) -> tuple[Any, Any]:
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
