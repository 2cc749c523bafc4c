"""A screening in a few numbers: how much is tolerated, by which classes, and whether two networks agree.

A critical point that is never reached within the range counts as beyond all others: medians need no more.
"""

import numpy as np
import pandas as pd

from kinv.ops.transformations.by_name import BY_NAME

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


def rank_correlation(
    critical_points: pd.DataFrame, first: str, second: str, softmax: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Spearman's rank correlation of two networks' critical points over classes, for every transformation and side.

    The paper's claim (section V): the invariances that ResNet learned correlate with AlexNet's. Only classes that both
    networks predict correctly at the neutral magnitude are compared.

    A class of which both networks are sure is tolerant of everything in both. So the partial correlation is given too,
    with the ranks of both networks' log-odds held fixed: what they have in common beyond that.

    Args:
        critical_points: the tables of two networks, joined.
        first, second: the names of the networks.
        softmax: the tables of mean softmax outputs, joined, for the partial correlation.

    Returns:
        Columns transformation, side, `correlation`, `classes`; with `softmax` also `at_equal_odds`, the partial
        correlation. Both are NaN with fewer than three classes, or if all ranks are equal. The last row, `all`,
        compares every class's mean rank over all transformations and sides.
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
    groups = [(*key, group.set_index("class")) for key, group in both.groupby(KEYS[1:], sort=False)]
    ranks = both.groupby(KEYS[1:])[["first", "second"]].rank(pct=True)
    groups.append(("all", "both", ranks.groupby(both["class"]).mean()))
    found = pd.DataFrame(
        [(transformation, side, _correlation(group), len(group)) for transformation, side, group in groups],
        columns=["transformation", "side", "correlation", "classes"],
    )
    if softmax is not None:
        odds = _log_odds(softmax)
        known = [odds.xs(name, level="network") for name in (first, second)]
        found["at_equal_odds"] = [_partial_correlation(group, known) for _, _, group in groups]
    return found


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


def _log_odds(softmax) -> pd.Series:
    """Of every network's classes, `log(p / (1 - p))` of the mean softmax output at the neutral magnitude."""
    own = softmax[softmax["class"] == softmax["predicted"]]
    neutral = own["transformation"].map({name: transformation.neutral for name, transformation in BY_NAME.items()})
    mean = own[np.isclose(own["magnitude"], neutral)].groupby(["network", "class"])["softmax"].mean()
    with np.errstate(divide="ignore"):
        return np.log(mean) - np.log1p(-mean)


def _partial_correlation(table, known) -> float:
    """Of two columns of ranks, with the ranks of what is known of the classes held fixed."""
    fixed = [one.reindex(table.index).rank() for one in known]
    design = np.column_stack([np.ones(len(table)), *fixed])
    if len(table) < LEAST_CLASSES + len(known) or not np.isfinite(design).all():
        return np.nan
    ranks = table[["first", "second"]].rank().to_numpy()
    rest = ranks - design @ np.linalg.lstsq(design, ranks, rcond=None)[0]
    with np.errstate(invalid="ignore"):
        return float(np.corrcoef(rest.T)[0, 1])


def _correlation(table) -> float:
    return float(table["first"].rank().corr(table["second"].rank(), min_periods=LEAST_CLASSES))
