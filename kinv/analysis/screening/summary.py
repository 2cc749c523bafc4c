"""A screening in words: what the network tolerates most, how far, and what changed images turn into."""

from typing import Any

import numpy as np
import pandas as pd

from kinv.intervals import CONFIDENCE, wilson_interval
from kinv.ops.transformations.by_name import BY_NAME
from kinv.printable import printable

from .corruption_errors import corruption_errors, is_complete

STABLE = 0.9  # share of predictions that stay, to call a magnitude tolerated
SINK, FEWEST = 0.5, 10  # share of the changed predictions in one class, and their least number, to name it


def ranking(accuracy: pd.DataFrame) -> pd.DataFrame:
    """How well predictions stay under each transformation, the best tolerated first.

    Args:
        accuracy: the table of a `Screening`.

    Returns:
        Columns network, transformation; `unchanged`, the mean over all magnitudes but the neutral one; `from` and `to`,
        the magnitudes around the neutral one up to which at least 90 % of the predictions stay. `worst` is the
        magnitude with the fewest, and `worst_unchanged` their share. Its interval, `low` to `high`, is wide enough for
        all magnitudes at once to lie in theirs in 95 % of the cases (Bonferroni), as the worst one was chosen.
        `turned_into` is the class of more than half of the predictions that changed there, or "", and `classes` how
        many classes the images have. Magnitudes of two composed transformations are NaN.
    """
    rows = []
    for (network, name), table in accuracy.groupby(["network", "transformation"], sort=False):
        single = table["magnitude_2"].isna().all()
        neutral = _neutral(name, table)
        moved = table if neutral is None or len(table) == 1 else table.drop(neutral)
        worst = table.loc[table["unchanged"].idxmin()]
        stayed = round(worst["images"] * worst["unchanged"])
        low, high = wilson_interval(stayed, worst["images"], 1 - (1 - CONFIDENCE) / len(table))
        ends = _tolerated(table, neutral) if single else (np.nan, np.nan)
        sink = worst["turned_into_share"] > SINK and worst["images"] - stayed >= FEWEST
        rows.append(
            {
                "network": network,
                "transformation": name,
                "unchanged": moved["unchanged"].mean(),
                "from": ends[0],
                "to": ends[1],
                "worst": worst["magnitude"] if single else np.nan,
                "worst_unchanged": worst["unchanged"],
                "low": low,
                "high": high,
                "turned_into": worst["turned_into_name"] if sink else "",
                "turned_into_share": worst["turned_into_share"] if sink else np.nan,
                "classes": worst["classes"],
            }
        )
    return pd.DataFrame(rows).sort_values(["network", "unchanged"], ascending=[True, False], ignore_index=True)


def sentences(screening: Any) -> str:
    """The ranking of a `Screening` in sentences, and its corruption error, one network after the other."""
    lines = []
    for network, rows in ranking(screening.accuracy).groupby("network", sort=False):
        about = screening.accuracy[screening.accuracy["network"] == network]
        least = about.loc[about["unchanged"].idxmax()]
        before = "before any change" if least["unchanged"] == 1 else "after the smallest change"
        accuracy = f"accuracy {least['accuracy']:.3f} {before}, averaged over classes"
        if not _labelled(screening.metadata, network):
            accuracy = "no labels, so the predictions before any change count as right"
        lines.append(
            f"{printable(network)}: {accuracy} ({about['images'].max():,} images). Share of predictions that stay, on "
            "average over the screened magnitudes, the largest first:"
        )
        for place, row in enumerate(rows.to_dict("records"), start=1):
            lines.append(f"{place:>3}. {printable(row['transformation'])}: {row['unchanged']:.0%}{_details(row)}.")
        if is_complete(screening, network):
            lines.append(corruption_errors(screening, network).summary())
    return "\n".join(lines)


def _labelled(metadata, network):
    """Whether labels were given; joined screenings have metadata each."""
    of = [one for one in metadata.get("joined", [metadata]) if one.get("network", network) == network]
    return all(one.get("labels", "given") == "given" for one in of)


def _details(row):
    interval = f"{row['worst_unchanged']:.0%} (95 %: {row['low']:.0%} to {row['high']:.0%})"
    if np.isnan(row["worst"]):
        said = f", at worst {interval}"
    else:
        around = f"from {row['from']:g} to {row['to']:g}" if row["from"] < row["to"] else "at no other magnitude"
        said = f", at least 90 % {around}, at worst {interval} at {row['worst']:g}"
    if row["turned_into"]:
        said += (
            f"; {row['turned_into_share']:.0%} of the changed predictions there are {printable(row['turned_into'])!r}"
        )
        if row["classes"] > 2:  # of two, changed predictions have nowhere else to go
            said += ": a bias of the network rather than confusion"
    return said


def _neutral(name, table):
    """The row of the neutral magnitude; None if it was not screened."""
    known = BY_NAME.get(name)
    if known is not None and (table["magnitude"] == known.neutral).any():
        return (table["magnitude"] == known.neutral).idxmax()
    return table["unchanged"].idxmax() if table["unchanged"].max() == 1 else None


def _tolerated(table, neutral):
    """The ends of the magnitudes, around the neutral one, at which enough predictions stay."""
    table = table.sort_values("magnitude")
    stays, magnitudes = (table["unchanged"] >= STABLE).to_numpy(), table["magnitude"].to_numpy()
    first = last = table.index.get_loc(table["unchanged"].idxmax() if neutral is None else neutral)
    while first > 0 and stays[first - 1]:
        first -= 1
    while last + 1 < len(stays) and stays[last + 1]:
        last += 1
    return magnitudes[first], magnitudes[last]
