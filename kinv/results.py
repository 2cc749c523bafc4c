"""What results of an analysis have in common: a short text in place of their arrays, and a table."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

FEW = 8  # values of an array that are shown


class Result:
    """A dataclass of arrays (`@dataclass(repr=False)`): shown by their shapes and by the numbers that matter."""

    def __repr__(self) -> str:
        fields = [field.name for field in dataclasses.fields(self) if field.repr]  # type: ignore[arg-type]
        known = {name: getattr(self, name) for name in fields if getattr(self, name) is not None}
        return short_repr(self, known, self._numbers())

    def _numbers(self) -> Mapping[str, Any]:
        """The key numbers, by name."""
        return {}


class TableResult(Result):
    """A result that is a table as well."""

    def _columns(self) -> Mapping[str, Any]:
        """Arrays by column name, of shapes that broadcast to one."""
        raise NotImplementedError

    def to_frame(self) -> "pd.DataFrame":
        """The result as a table, one row per observation."""
        import pandas as pd

        columns = {name: np.asarray(values) for name, values in self._columns().items()}
        return pd.DataFrame(
            {name: values.ravel() for name, values in zip(columns, np.broadcast_arrays(*columns.values()), strict=True)}
        )


def short_repr(result: Any, values: Mapping[str, Any], numbers: Mapping[str, Any] | None = None) -> str:
    """`Name(value=..., array=float32 (3, 9); number ...)` without the contents of large arrays."""
    shown = ", ".join(f"{name}={_short(value)}" for name, value in values.items())
    said = ", ".join(f"{name.replace('_', ' ')} {_short(value)}" for name, value in (numbers or {}).items())
    return f"{type(result).__name__}({shown}{'; ' if said else ''}{said})"


def _short(value: Any) -> str:
    if isinstance(value, np.integer):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        few = ", ".join(map(_short, value[:FEW]))
        return f"({few})" if len(value) <= FEW else f"{len(value):,} values"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        if len(value.shape) == 1 and value.shape[0] <= FEW:
            return f"[{', '.join(_short(one) for one in np.asarray(value).tolist())}]"
        return f"{np.dtype(value.dtype).name} {tuple(value.shape)}"
    if isinstance(value, Mapping) or callable(value):
        name = getattr(value, "__name__", getattr(value, "name", type(value).__name__))
        return f"{len(value)} entries" if isinstance(value, Mapping) else str(name)
    return repr(value)
