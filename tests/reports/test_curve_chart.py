"""The geometry of curves: places of points, and labels that do not touch."""

from itertools import pairwise

import pytest

from kinv.reports.curve_chart import BOTTOM, GAP, HEIGHT, LEFT, LETTER, RIGHT, TOP, WIDTH, curve_chart
from kinv.reports.magnitudes import FEWER, MAGNITUDES
from kinv.reports.words import amount


def chart(magnitudes=(0, 1, 4), shares=(1, 0.5, 0), labels=None, neutral=0):
    low, high = [share / 2 for share in shares], [(1 + share) / 2 for share in shares]
    return curve_chart(magnitudes, shares, low, high, 0.25, labels or [str(each) for each in magnitudes], neutral)


def points(text):
    return [tuple(map(float, pair.split(","))) for pair in text.split()]


def test_points_lie_where_magnitudes_and_shares_say():
    found = chart()
    top, bottom, left, right = TOP, HEIGHT - BOTTOM, LEFT, WIDTH - RIGHT
    assert found.dots == [(left, top), (left + (right - left) / 4, (top + bottom) / 2), (right, bottom)]
    assert points(found.line) == found.dots
    assert (found.left, found.right, found.bottom, found.width, found.height) == (left, right, bottom, WIDTH, HEIGHT)
    assert found.chance == bottom - 0.25 * (bottom - top)
    assert found.levels == [(bottom, "0 %"), ((top + bottom) / 2, "50 %"), (top, "100 %")]


def test_the_band_goes_along_its_upper_end_and_back_along_the_lower_one():
    band = points(chart().band)
    assert [x for x, _ in band] == [x for x, _ in chart().dots] + [x for x, _ in reversed(chart().dots)]
    upper, lower = band[:3], band[:2:-1]
    assert all(
        high < y < low for (_, high), (_, y), (_, low) in zip(upper[1:2], chart().dots[1:2], lower[1:2], strict=True)
    )
    assert all(high <= low for (_, high), (_, low) in zip(upper, lower, strict=True))


def test_a_single_magnitude_is_a_point():
    found = chart((3,), (0.5,))
    assert found.dots == [(LEFT, (TOP + HEIGHT - BOTTOM) / 2)] and [text for _, text in found.ticks] == ["3"]


def test_ends_and_the_neutral_magnitude_are_labelled_before_others():
    magnitudes = list(range(-20, 21))
    ticks = chart(magnitudes, [1] * 41, [f"{each} units" for each in magnitudes], neutral=20).ticks
    texts = [text for _, text in ticks]
    assert [texts[0], texts[-1]] == ["-20 units", "20 units"] and "0 units" in texts and len(texts) < 6
    crowded = chart(
        (0, 1, 2), (1, 1, 1), ["a very long label of the first one", "b", "and another one at the end"], neutral=0
    )
    assert [text[0] for _, text in crowded.ticks] == ["a"]


@pytest.mark.parametrize("name", MAGNITUDES)
@pytest.mark.parametrize("all_magnitudes", [MAGNITUDES, FEWER], ids=["all", "fewer"])
def test_labels_of_a_report_neither_touch_nor_leave_the_box(name, all_magnitudes):
    neutral = 1.0 if name in ("scale_x", "scale_y", "zoom", "contrast") else 0.0
    magnitudes = sorted({*all_magnitudes[name], neutral})
    labels = [amount(name, each, sign=True) for each in magnitudes]
    ticks = chart(magnitudes, [1] * len(magnitudes), labels, magnitudes.index(neutral)).ticks
    assert {labels[0], labels[-1], amount(name, neutral)} <= {text for _, text in ticks}
    ends = [(x - LETTER * len(text) / 2, x + LETTER * len(text) / 2) for x, text in ticks]
    assert ends[0][0] >= 0 and ends[-1][1] <= WIDTH + 0.1
    assert all(before[1] + GAP <= after[0] + 0.1 for before, after in pairwise(ends))
