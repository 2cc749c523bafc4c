"""Paired differences of two networks: intervals cover the truth on simulated images, and oneself is no other."""

import numpy as np
import pandas as pd
import pytest

from kinv.analysis.screening.paired import compared_tolerance, paired_verdict, simultaneous

MAGNITUDES = 8


def shares(random, images, easier, together=0.7):
    """Shares of magnitudes kept by two networks `(images, 2)`; the second finds images easier, and both the same."""
    common = random.normal(size=(images, 1))
    difficulty = together * common + (1 - together**2) ** 0.5 * random.normal(size=(images, 2))
    chance = 1 / (1 + np.exp(difficulty - [0, easier]))
    return random.binomial(MAGNITUDES, chance) / MAGNITUDES


def covered(random, images, easier, count=600):
    """Which of `count` intervals hold the truth, and the sides that the verdicts took."""
    truth = -np.diff(shares(random, 200_000, easier).mean(axis=0)).item()
    verdicts = [paired_verdict(-np.diff(shares(random, images, easier)).ravel()) for _ in range(count)]
    holds = np.mean([verdict.low <= truth <= verdict.high for verdict in verdicts])
    return holds, np.mean([verdict.kind == "worse" for verdict in verdicts])


@pytest.mark.parametrize("images", [50, 150])
@pytest.mark.parametrize("easier", [0.0, 1.0])
def test_intervals_cover_the_true_difference(random, images, easier):
    holds, worse = covered(random, images, easier)
    assert 0.94 < holds
    assert worse < 0.03 if easier == 0 else worse > 0.5


def images_table(kept):
    """Of shares `(images, transformations)`."""
    return pd.concat(
        pd.DataFrame({"transformation": f"t{number}", "image": range(len(kept)), "kept": kept[:, number]})
        for number in range(kept.shape[1])
    )


def test_all_intervals_hold_together(random):
    """Eleven pairs that do not differ: single 95 % intervals would be wrong somewhere in many more of the reports."""

    def all_hold(confidence):
        verdicts = [[paired_verdict(np.diff(shares(random, 100, 0)).ravel(), confidence) for _ in range(11)]
                    for _ in range(100)]  # fmt: skip
        return np.mean([all(verdict.low <= 0 <= verdict.high for verdict in report) for report in verdicts])

    assert simultaneous(0.95, 10) == pytest.approx(0.995)
    assert all_hold(simultaneous(0.95, 11)) > 0.94 > all_hold(0.95)


def test_a_network_and_itself_do_not_differ(random):
    own = images_table(random.uniform(size=(150, 3)))
    found = compared_tolerance(own, own)
    assert (found["difference"] == 0).all() and (found["low"] == -found["high"]).all()
    assert (found["high"] < 0.05).all() and set(found["verdict"]) == {"as good"}
    few = own[own["image"] < 10]
    assert set(compared_tolerance(few, few)["verdict"]) == {"unknown"}  # ten alike prove little


def test_rows_are_of_shared_transformations_and_in_order():
    one = images_table(np.stack([np.full(50, 0.5), np.full(50, 0.9), np.full(50, 0.2)], 1))
    other = images_table(np.stack([np.full(50, 0.5), np.full(50, 0.3)], 1))
    found = compared_tolerance(one, other)
    assert found["transformation"].tolist() == ["t1", "t0"] and found["verdict"].tolist() == ["better", "unknown"]
    assert found["difference"].tolist() == pytest.approx([0.6, 0]) and found["images"].tolist() == [50, 50]
    alone = paired_verdict(np.full(50, 0.6), simultaneous(0.95, 2))
    assert found.loc[0, ["low", "high"]].tolist() == pytest.approx([alone.low, alone.high])
    backwards = compared_tolerance(other, one)
    assert backwards["low"].tolist()[::-1] == pytest.approx((-found["high"]).tolist())
    assert backwards["verdict"].tolist() == ["unknown", "worse"]
    with pytest.raises(ValueError, match="the same images, received 50 and 49"):
        compared_tolerance(one, other[other["image"] > 0])
