"""Medians, rank correlation, returning and tolerant classes, on tables made by hand."""

import numpy as np
import pandas as pd
import pytest

from kinv.analysis.screening import findings


def points(network, magnitudes, side="above", transformation="rotation"):
    rows = []
    for index, magnitude in enumerate(magnitudes):
        status = {None: "never", "wrong": "wrong at neutral"}.get(magnitude, "within")
        rows.append(
            {
                "network": network,
                "transformation": transformation,
                "class": index,
                "class_name": f"class {index}",
                "side": side,
                "status": status,
                "magnitude": np.nan if status != "within" else magnitude,
            }
        )
    return pd.DataFrame(rows)


def test_medians_count_never_as_beyond_and_leave_out_the_wrong():
    table = pd.concat([points("a", [10, 30, None, "wrong"]), points("a", [-5, None, None], side="below")])
    found = findings.median_critical_points(table).set_index("side")
    assert found.loc["above", "median"] == 30 and found.loc["above", "never"] == pytest.approx(1 / 3)
    assert found.loc["above", "classes"] == 3
    assert found.loc["below", "median"] == -np.inf


def test_rank_correlation_is_spearmans(random):
    from scipy import stats

    first, second = random.uniform(0, 90, (2, 40))
    second = (0.6 * first + 0.4 * second).round()  # with ties
    table = pd.concat([points("a", [*first, "wrong"]), points("b", [*second, 3.0])])
    found = findings.rank_correlation(table, "a", "b").set_index("transformation")
    assert found.loc["rotation", "correlation"] == pytest.approx(stats.spearmanr(first, second).statistic)
    assert found.loc["rotation", "classes"] == 40
    assert found.loc["all", "correlation"] == pytest.approx(found.loc["rotation", "correlation"])


def softmax_table(network, odds):
    rows = []
    for index, own in enumerate(1 / (1 + np.exp(-odds))):
        for magnitude, value in ((0.0, own), (30.0, 0.1)):
            rows.append((network, "rotation", index, f"class {index}", index, magnitude, value))
            rows.append((network, "rotation", index, f"class {index}", -1, magnitude, 1 - value))
    names = ["network", "transformation", "class", "class_name", "predicted", "magnitude", "softmax"]
    return pd.DataFrame(rows, columns=names)


@pytest.mark.parametrize("shared", [0.0, 1.0])
def test_what_networks_have_in_common_beyond_being_sure(random, shared):
    """Tolerances that only follow the log-odds correlate without them, and not once these are held fixed."""
    from scipy import stats

    odds, own, common = random.normal(size=(2, 300)), random.normal(size=(2, 300)), random.normal(size=300)
    odds[1] = 0.8 * odds[0] + 0.6 * odds[1]
    tolerance = 45 + 5 * (2 * odds + own + shared * common)
    table = pd.concat([points(name, values) for name, values in zip("ab", tolerance, strict=True)])
    softmax = pd.concat([softmax_table(name, values) for name, values in zip("ab", odds, strict=True)])
    found = findings.rank_correlation(table, "a", "b", softmax).set_index("transformation").loc["rotation"]
    assert found["correlation"] > 0.5
    assert found["at_equal_odds"] == pytest.approx(shared / 2, abs=0.15)
    ranks = np.stack([stats.rankdata(values) for values in (*tolerance, *odds)])
    inverse = np.linalg.inv(np.corrcoef(ranks))  # another way to the partial correlation
    assert found["at_equal_odds"] == pytest.approx(-inverse[0, 1] / np.sqrt(inverse[0, 0] * inverse[1, 1]))


def test_below_and_above_grow_alike():
    """-30 below is as tolerant as 30 above: the signs must not turn the order round."""
    below = [-10, -20, -30, None]
    table = pd.concat([points("a", below, "below"), points("b", [-1, -2, -3, -4], "below")])
    assert findings.rank_correlation(table, "a", "b")["correlation"].iloc[0] == pytest.approx(1)
    tolerance = findings.class_tolerance(table).query("network == 'a'")
    assert list(tolerance["class"]) == [3, 2, 1, 0] and tolerance["tolerance"].iloc[0] == 1


def test_networks_without_common_classes_are_refused():
    table = pd.concat([points("a", [1.0, "wrong"]), points("b", ["wrong", 1.0])])
    with pytest.raises(ValueError, match="both a and b"):
        findings.rank_correlation(table, "a", "b")


def test_returning_classes():
    rows = []
    curves = {0: [0.9, 0.1, 0.8], 1: [0.9, 0.8, 0.9], 2: [0.9, 0.1, 0.1], 3: [0.2, 0.0, 0.2]}
    for index, curve in curves.items():
        for magnitude, softmax in zip([0.0, 90.0, 180.0], curve, strict=True):
            rows.append(("a", "rotation", index, f"class {index}", index, magnitude, softmax))
    columns = ["network", "transformation", "class", "class_name", "predicted", "magnitude", "softmax"]
    table = pd.DataFrame(rows, columns=columns)
    assert list(findings.returning_classes(table)["class"]) == [0]
    with pytest.raises(ValueError, match="not screened at 0 and 170"):
        findings.returning_classes(table, at=170.0)
