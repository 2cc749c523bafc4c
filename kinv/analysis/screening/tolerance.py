"""How far transformations may go until predictions change, with intervals.

A level is a share of predictions that stay, such as 0.9. Between magnitudes, shares are interpolated linearly.
"""

import numpy as np
import pandas as pd

LEVELS = (0.9, 0.5)
SIDES = ("below", "above")


def mean_over_range(magnitudes: np.ndarray, shares: np.ndarray) -> float:
    """The mean of shares over the range of magnitudes: the area under their curve, relative to the range.

    Args:
        magnitudes: ascending, `(M,)`.
        shares: `(M,)`.
    """
    magnitudes, shares = np.asarray(magnitudes, "float64"), np.asarray(shares, "float64")
    if len(magnitudes) < 2:
        return float(shares.mean())
    return float(np.trapezoid(shares, magnitudes) / (magnitudes[-1] - magnitudes[0]))


def tolerance(accuracy: pd.DataFrame) -> pd.DataFrame:
    """The mean share of predictions that stay over the range of each transformation, the best tolerated first.

    Args:
        accuracy: the table of a `Screening`; composed transformations are left out.

    Returns:
        Columns network, transformation, `kept`, and its interval `low` to `high`. The ends are the means of the ends
        of the 95 % intervals at each magnitude. That is safe, as if all of them erred together, and wider than it has
        to be.
    """
    rows = [
        {
            "network": network,
            "transformation": name,
            **{
                column: mean_over_range(table["magnitude"], table[source])
                for column, source in (("kept", "unchanged"), ("low", "unchanged_low"), ("high", "unchanged_high"))
            },
        }
        for (network, name), table in _single(accuracy)
    ]
    table = pd.DataFrame(rows, columns=["network", "transformation", "kept", "low", "high"])
    return table.sort_values(["network", "kept"], ascending=[True, False], ignore_index=True)


def limits(accuracy: pd.DataFrame, neutral: dict[str, float], levels: tuple[float, ...] = LEVELS) -> pd.DataFrame:
    """The magnitudes at which the share of predictions that stay falls below each level.

    Args:
        accuracy: the table of a `Screening`; composed transformations are left out.
        neutral: the magnitude that changes nothing, by name of the transformation.
        levels: shares.

    Returns:
        One row for each network, transformation, side (`below` or `above` the neutral magnitude) and level: columns
        `magnitude`, where the curve first falls below the level, or the end of the range if it does not;
        `reached`, whether it does; `nearest` and `farthest`, where the lower and the upper ends of the 95 % intervals
        fall below it; `end`, the end of the range.
    """
    rows = []
    for (network, name), table in _single(accuracy):
        for side in SIDES:
            walk = table[table["magnitude"] >= neutral[name]] if side == "above" else table[
                table["magnitude"] <= neutral[name]
            ].iloc[::-1]  # fmt: skip
            if len(walk) < 2:
                continue
            along = walk["magnitude"].to_numpy()
            for level in levels:
                found = {
                    column: _first_below(along, walk[source].to_numpy(), level)
                    for column, source in (
                        ("magnitude", "unchanged"),
                        ("nearest", "unchanged_low"),
                        ("farthest", "unchanged_high"),
                    )
                }
                rows.append(
                    {
                        "network": network,
                        "transformation": name,
                        "side": side,
                        "level": level,
                        **{column: along[-1] if at is None else at for column, at in found.items()},
                        "reached": found["magnitude"] is not None,
                        "end": along[-1],
                    }
                )
    columns = ["network", "transformation", "side", "level", "magnitude", "nearest", "farthest", "reached", "end"]
    return pd.DataFrame(rows, columns=columns)


def _single(accuracy):
    """The tables of single transformations, with ascending magnitudes."""
    single = accuracy[accuracy["magnitude_2"].isna()].sort_values("magnitude", kind="stable")
    return single.groupby(["network", "transformation"], sort=False)


def _first_below(along, shares, level) -> float | None:
    """Where a curve first falls below a level, going away from the neutral magnitude; None if it never does."""
    under = np.flatnonzero(shares < level)
    if not len(under):
        return None
    last = under[0]
    if last == 0:
        return float(along[0])
    before = last - 1
    part = (shares[before] - level) / (shares[before] - shares[last])
    return float(along[before] + part * (along[last] - along[before]))
