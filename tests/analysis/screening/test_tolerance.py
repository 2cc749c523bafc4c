"""How far transformations may go, by curves that were drawn by hand."""

import numpy as np
import pandas as pd
import pytest

from kinv.analysis.screening.tolerance import LEVELS, limits, mean_over_range, tolerance


def table(magnitudes, shares, low=None, high=None, transformation="rotation", network="net"):
    """The columns of a screening that matter here."""
    columns = {"magnitude": magnitudes, "unchanged": shares, "unchanged_low": low or shares}
    columns |= {"unchanged_high": high or shares, "magnitude_2": np.nan}
    return pd.DataFrame({"network": network, "transformation": transformation, **columns})


def found(accuracy, side="above", level=0.5, neutral=0.0):
    rows = limits(accuracy, {name: neutral for name in accuracy["transformation"]}, (level,))
    (row,) = rows[rows["side"] == side].to_dict("records")
    return row


@pytest.mark.parametrize(
    ("magnitudes", "shares", "expected"),
    [
        ([0, 1], [1, 0], 0.5),
        ([0, 1, 4], [1, 1, 0], (1 + 1.5) / 4),  # a wide interval counts for its width
        ([-2, 0, 2], [0.5, 1, 0.5], 0.75),
        ([0.2, 1, 3], [0.3, 0.3, 0.3], 0.3),
        ([3], [0.7], 0.7),
    ],
)
def test_mean_over_the_range(magnitudes, shares, expected):
    assert mean_over_range(np.array(magnitudes), np.array(shares)) == pytest.approx(expected)


def test_the_best_tolerated_comes_first_with_its_interval():
    accuracy = pd.concat(
        [
            table([0, 10], [1.0, 0.2], [0.9, 0.1], [1.0, 0.4], "blur"),
            table([90, 0, -90], [0.8, 1.0, 0.8], [0.7, 0.9, 0.7], [0.9, 1.0, 0.9]),  # in any order
            table([0, 1], [1.0, 1.0], transformation="blur", network="another"),
            table([0, 1], [0, 0], transformation="rotation+blur").assign(magnitude_2=1.0),
        ]
    )
    ranked = tolerance(accuracy)
    names = list(zip(ranked["network"], ranked["transformation"], strict=True))
    assert names == [("another", "blur"), ("net", "rotation"), ("net", "blur")]
    np.testing.assert_allclose(ranked[["kept", "low", "high"]], [[1, 1, 1], [0.9, 0.8, 0.95], [0.6, 0.5, 0.7]])


def test_a_limit_lies_on_the_line_between_two_magnitudes():
    row = found(table([0, 10, 20], [1.0, 0.7, 0.2]))
    assert row["magnitude"] == pytest.approx(14) and row["reached"] and row["end"] == 20
    below = found(table([-20, -10, 0, 10], [0.2, 0.7, 1.0, 1.0]), "below")
    assert below["magnitude"] == pytest.approx(-14) and below["end"] == -20


def test_a_level_that_is_touched_is_not_yet_missed():
    row = found(table([0, 10, 20], [1.0, 0.5, 0.0]))
    assert row["magnitude"] == 10
    flat = found(table([0, 10], [0.5, 0.5]))
    assert not flat["reached"] and flat["magnitude"] == 10


def test_where_a_level_is_never_missed_the_range_ends():
    row = found(table([0, 10, 20], [1.0, 0.9, 0.8], [0.9, 0.6, 0.4], [1.0, 1.0, 0.9]))
    assert not row["reached"] and row["magnitude"] == row["farthest"] == row["end"] == 20
    assert row["nearest"] == pytest.approx(15)  # the interval's lower end does miss it


def test_the_first_time_counts_where_a_curve_recovers():
    """As of a 6 or a square, which turns back into itself."""
    row = found(table([0, 45, 90, 135, 180], [1.0, 0.0, 1.0, 0.0, 1.0]))
    assert row["magnitude"] == pytest.approx(22.5)


def test_a_level_that_is_missed_without_any_change_is_at_the_neutral_magnitude():
    row = found(table([0, 10], [1.0, 0.95], [0.85, 0.8], [1.0, 1.0]), level=0.9)
    assert row["nearest"] == 0 and not row["reached"]


def test_one_side_has_no_other():
    rows = limits(table([0, 1, 2], [1, 0.5, 0], transformation="blur"), {"blur": 0.0})
    assert rows["side"].tolist() == ["above", "above"] and rows["level"].tolist() == list(LEVELS)
    assert rows["magnitude"].tolist() == pytest.approx([0.2, 1.0])
    rows = limits(table([0.2, 1], [0.2, 1], transformation="zoom"), {"zoom": 1.0})
    assert rows["side"].tolist() == ["below", "below"] and (rows["end"] == 0.2).all()


def test_intervals_hold_the_limit_going_away_from_the_neutral_magnitude(random):
    """Whatever the curves are like, as long as the intervals hold them."""
    for _ in range(20):
        points = np.sort([*random.uniform(0.2, 0.9, 4), 1.0, *random.uniform(1.1, 3, 4)])
        shares = random.uniform(size=9)
        shares[points == 1] = 1
        low, high = shares - random.uniform(size=9) * shares, shares + random.uniform(size=9) * (1 - shares)
        accuracy = table(points, shares, list(low), list(high), "zoom")
        rows = limits(accuracy, {"zoom": 1.0})
        away = rows[["nearest", "magnitude", "farthest", "end"]].sub(1.0).abs()
        assert len(rows) == 4 and (away.diff(axis=1).iloc[:, 1:] >= -1e-12).all(axis=None)
        side = np.where(rows["side"] == "above", 1, -1)
        assert ((rows["magnitude"] - 1) * side >= 0).all()
        at = np.interp(rows["magnitude"], points, shares)
        np.testing.assert_allclose(at[rows["reached"]], rows["level"][rows["reached"]], atol=1e-9)


def test_an_empty_table_has_no_limits():
    nothing = table([], [])
    assert tolerance(nothing).empty and limits(nothing, {}).empty
