"""Values as strict JSON takes them."""

import math
import os
from collections.abc import Mapping
from typing import Any


def json_values(value: Any) -> Any:
    """The same with plain dicts, lists, numbers and strings: NaN and infinity become None, arrays become lists."""
    if isinstance(value, Mapping):
        return {str(name): json_values(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_values(one) for one in value]
    if hasattr(value, "tolist"):  # NumPy's numbers and arrays
        return json_values(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return os.fspath(value) if isinstance(value, os.PathLike) else value
