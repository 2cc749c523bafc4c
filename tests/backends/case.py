"""What a case is: arrays that have to come out alike on every backend, and by how much they may differ."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Case:
    """Returns arrays by name; `atol` is a share of the largest expected value, or of 1 where that is larger."""

    run: Callable[[], dict[str, np.ndarray]]
    atol: float
    rtol: float


CASES: dict[str, Case] = {}


def case(name=None, atol=None, rtol=None):
    """Adds a function to `CASES`, with its tolerances: either of them, or 1e-4 of the scale."""

    def add(function):
        if atol is None:
            tolerances = {"atol": 0 if rtol else 1e-4, "rtol": rtol or 1e-7}
        else:
            tolerances = {"atol": atol, "rtol": 0 if atol == 0 else 1e-7}
        CASES[name or function.__name__] = Case(function, **tolerances)
        return function

    return add
