"""Which unit a row of a table is about."""

from typing import Any

import numpy as np


def unit_columns(result: Any, axes: int) -> dict[str, np.ndarray]:
    """The units `(K,)` of a result, and their names if it has any, as columns of a table with so many axes."""
    shape = (-1, *(1,) * (axes - 1))
    names = {} if result.names is None else {"name": np.array(result.names, object).reshape(shape)}
    return {"unit": result.units.reshape(shape), **names}
