"""A screening in words: what the network tolerates most, how far, and what changed images turn into."""

from typing import Any

import numpy as np
import pandas as pd

from kinv.printable import printable

STABLE = 0.9  # share of predictions that stay, to call a magnitude tolerated
SINK, FEWEST = 0.5, 10  # share of the changed predictions in one class, and their least number, to name it


def ranking(accuracy: pd.DataFrame) -> pd.DataFrame:
    """How well predictions stay under each transformation, the best tolerated first.

    Args:
        accuracy: the table of a `Screening`.

    Returns:
        Columns network, transformation; `unchanged`, the mean over the magnitudes that change something; `from` and
        `to`, the magnitudes around the neutral one up to which at least 90 % of the predictions stay; `worst`, the
        magnitude with the fewest, `worst_unchanged` with the ends of its 95 % interval, and `turned_into`, the class
        of more than half of the predictions that changed there, or ""; `classes`,
        how many the images have. Magnitudes are NaN of two composed ones.
    """
    rows = []
    for (network, name), table in accuracy.groupby(["network", "transformation"], sort=False):
        single = table["magnitude_2"].isna().all()
        moved = table[table["unchanged"] < 1] if not single else table.drop(table["unchanged"].idxmax())
        moved = table if moved.empty else moved
        worst = table.loc[table["unchanged"].idxmin()]
        ends = _tolerated(table) if single else (np.nan, np.nan)
        changed = round(worst["images"] * (1 - worst["unchanged"]))
        sink = worst["turned_into_share"] > SINK and changed >= FEWEST
        rows.append(
            {
                "network": network,
                "transformation": name,
                "unchanged": moved["unchanged"].mean(),
                "from": ends[0],
                "to": ends[1],
                "worst": worst["magnitude"] if single else np.nan,
                "worst_unchanged": worst["unchanged"],
                "low": worst["unchanged_low"],
                "high": worst["unchanged_high"],
                "turned_into": worst["turned_into_name"] if sink else "",
                "turned_into_share": worst["turned_into_share"] if sink else np.nan,
                "classes": worst["classes"],
            }
        )
    return pd.DataFrame(rows).sort_values(["network", "unchanged"], ascending=[True, False], ignore_index=True)


def sentences(screening: Any) -> str:
    """The ranking of a `Screening` in sentences, one network after the other."""
    lines = []
    for network, rows in ranking(screening.accuracy).groupby("network", sort=False):
        about = screening.accuracy[screening.accuracy["network"] == network]
        neutral = about.loc[about["unchanged"].idxmax(), "accuracy"]
        lines.append(
            f"{printable(network)}: accuracy {neutral:.3f} before any change, averaged over classes "
            f"({about['images'].max():,} images). Share of predictions that stay, on average over the screened "
            "magnitudes, the largest first:"
        )
        for place, row in enumerate(rows.to_dict("records"), start=1):
            lines.append(f"{place:>3}. {printable(row['transformation'])}: {row['unchanged']:.0%}{_details(row)}.")
    return "\n".join(lines)


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


def _tolerated(table):
    """The ends of the magnitudes, around the best one, at which enough predictions stay."""
    table = table.sort_values("magnitude")
    stays, magnitudes = (table["unchanged"] >= STABLE).to_numpy(), table["magnitude"].to_numpy()
    first = last = int(table["unchanged"].to_numpy().argmax())
    while first > 0 and stays[first - 1]:
        first -= 1
    while last + 1 < len(stays) and stays[last + 1]:
        last += 1
    return magnitudes[first], magnitudes[last]
