"""A screening in a few numbers: how much is tolerated, by which classes, and whether two networks agree.

A critical point that is never reached within the range counts as beyond all others: medians need no more.
"""

import numpy as np
import pandas as pd

LEAST_CLASSES = 3  # for a rank correlation
KEYS = ["network", "transformation", "side"]
HALF = 0.5  # of a softmax output, and of its value at the neutral magnitude


def median_critical_points(critical_points: pd.DataFrame) -> pd.DataFrame:
    """The median over classes of the critical point, for every network, transformation and side.

    Args:
        critical_points: the table of a `Screening`.

    Returns:
        Columns network, transformation, side; `median`, infinite where most classes are correct up to the end of the
        range; `never`, the share of such classes; `classes`, how many are correct at the neutral magnitude.
    """
    rows = _with_tolerance(critical_points)
    grouped = rows.groupby(KEYS, sort=False)
    sign = np.where(rows["side"] == "below", -1.0, 1.0)
    medians = rows.assign(end=rows["magnitude"].fillna(np.inf * pd.Series(sign, index=rows.index)))
    table = medians.groupby(KEYS, sort=False)["end"].median().rename("median").to_frame()
    table["never"] = grouped["status"].agg(lambda status: float(np.mean(status == "never")))
    table["classes"] = grouped["class"].nunique()
    return table.reset_index()


def rank_correlation(critical_points: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Spearman's rank correlation of two networks' critical points over classes, for every transformation and side.

    The paper's claim (section V): the invariances that ResNet learned correlate with AlexNet's. Only classes that both
    networks predict correctly at the neutral magnitude are compared.

    Args:
        critical_points: the tables of two networks, joined.
        first, second: the names of the networks.

    Returns:
        Columns transformation, side, `correlation`, `classes`. The correlation is NaN with fewer than three
        classes, or if all ranks are equal. The last row, `all`, compares every class's mean rank over all
        transformations and sides.
    """
    rows = _with_tolerance(critical_points)
    one, other = (
        rows[rows["network"] == name].set_index([*KEYS[1:], "class"])["tolerance"] for name in (first, second)
    )
    both = pd.concat({"first": one, "second": other}, axis=1, join="inner").reset_index()
    if both.empty:
        raise ValueError(
            f"No class is predicted correctly by both {first} and {second} at the neutral magnitude: compare other "
            "networks."
        )
    found = []
    for (transformation, side), group in both.groupby(KEYS[1:], sort=False):
        found.append((transformation, side, _correlation(group), len(group)))
    ranks = both.groupby(KEYS[1:])[["first", "second"]].rank(pct=True)
    means = ranks.groupby(both["class"]).mean()
    found.append(("all", "both", _correlation(means), len(means)))
    return pd.DataFrame(found, columns=["transformation", "side", "correlation", "classes"])


def returning_classes(softmax: pd.DataFrame, transformation: str = "rotation", at: float = 180.0) -> pd.DataFrame:
    """Classes whose softmax output falls and then recovers, as for axisymmetric objects rotated by 180 degrees.

    Section IV-A. A class returns if its own mean softmax output meets three conditions. It is at least 0.5 at
    magnitude 0. At `at` it is at least half of its value at 0. Somewhere between, it is below half of its value at
    `at`.

    Returns:
        Columns network, class, class_name, and softmax outputs: `neutral`, `lowest` and `returned`, the highest first.
    """
    own = softmax[(softmax["transformation"] == transformation) & (softmax["class"] == softmax["predicted"])]
    own = own[own["magnitude"].between(0, at)]
    found = []
    for (network, index, name), curve in own.groupby(["network", "class", "class_name"], sort=False):
        values = curve.set_index("magnitude")["softmax"]
        if not {0.0, at} <= set(values.index):
            raise ValueError(f"{transformation} was not screened at 0 and {at}: screen it at both.")
        neutral, lowest, returned = values[0.0], values.min(), values[at]
        if neutral >= HALF and lowest < HALF * returned and returned >= HALF * neutral:
            found.append((network, index, name, neutral, lowest, returned))
    table = pd.DataFrame(found, columns=["network", "class", "class_name", "neutral", "lowest", "returned"])
    return table.sort_values("returned", ascending=False, ignore_index=True)


def class_tolerance(critical_points: pd.DataFrame) -> pd.DataFrame:
    """How tolerant every class is compared with the others: its mean rank, 0 to 1, over transformations and sides.

    Returns:
        Columns network, class, class_name, tolerance; the most tolerant first.
    """
    rows = _with_tolerance(critical_points)
    rows = rows.assign(tolerance=rows.groupby(KEYS)["tolerance"].rank(pct=True))
    table = rows.groupby(["network", "class", "class_name"], sort=False)["tolerance"].mean().reset_index()
    return table.sort_values(["network", "tolerance"], ascending=[True, False], ignore_index=True)


def _with_tolerance(critical_points):
    """Classes predicted correctly at the neutral magnitude; `tolerance` is the distance of the critical point."""
    rows = critical_points[critical_points["status"] != "wrong at neutral"]
    sign = np.where(rows["side"] == "below", -1.0, 1.0)
    return rows.assign(tolerance=(rows["magnitude"] * sign).fillna(np.inf))


def _correlation(table) -> float:
    return float(table["first"].rank().corr(table["second"].rank(), min_periods=LEAST_CLASSES))
