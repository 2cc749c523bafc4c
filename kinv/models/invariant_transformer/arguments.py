"""Checks of what an Invariant Transformer Net is told."""

from typing import Any

import numpy as np

OF_LARGEST = {"beyond": (), "symmetric": True, "conditioned": False}  # what the paper's family has


def check_numbers(color_weight: float, accuracy_threshold: float, smoothing: float, probes: int, family: str) -> None:
    """Raises a `ValueError` that names a number out of range."""
    if not color_weight > 0:
        raise ValueError(f"color_weight must be positive, received {color_weight}")
    if not 0 <= accuracy_threshold <= 1:
        raise ValueError(f"accuracy_threshold must lie in 0..1, received {accuracy_threshold}")
    if not 0 <= smoothing < 1 or (family == "largest" and not smoothing):
        raise ValueError(
            f"smoothing must be at least 0 and less than 1, and above 0 in the largest family, received {smoothing}"
        )
    if probes < 1:
        raise ValueError(f"probes must be at least 1, received {probes}")


def check_switches(**given: Any) -> None:
    """Raises a `ValueError` that names what is neither true nor false."""
    for name, value in given.items():
        if not isinstance(value, (bool, np.bool_)):
            raise ValueError(f"{name} must be True or False, received {value!r}")


def check_paper(**given: Any) -> None:
    """Raises a `ValueError` that names what the paper's family does not have."""
    for name, value in given.items():
        if value != OF_LARGEST[name]:
            raise ValueError(f"{name} is of the largest family, received {value!r} for the paper's")
