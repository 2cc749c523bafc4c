"""Transformations and magnitudes in words, of the whole catalogue and both sides."""

import math

import pytest

from kinv.ops import TRANSFORMATIONS
from kinv.reports.words import MINUS, TIMES, TITLES, amount, listed, title_of

SIDES = {  # magnitude, in words with and without its sign, for both sides of the neutral one
    "translate_x": ((-0.125, f"{MINUS}12 %", "12 %"), (0.05, "+5 %", "5 %")),
    "translate_y": ((-0.5, f"{MINUS}50 %", "50 %"), (0.005, "+0.5 %", "0.5 %")),
    "rotation": ((-180, f"{MINUS}180°", "180°"), (7.25, "+7.2°", "7.2°")),
    "scale_x": ((0.2, f"{TIMES}5", f"{TIMES}5"), (3, f"{TIMES}0.33", f"{TIMES}0.33")),
    "scale_y": ((0.5, f"{TIMES}2", f"{TIMES}2"), (1.5, f"{TIMES}0.67", f"{TIMES}0.67")),
    "zoom": ((0.75, f"{TIMES}1.33", f"{TIMES}1.33"), (2, f"{TIMES}0.5", f"{TIMES}0.5")),
    "brightness": ((-1, f"{MINUS}100 %", "100 %"), (0.3, "+30 %", "30 %")),
    "contrast": ((0, f"{TIMES}0", f"{TIMES}0"), (2.5, f"{TIMES}2.5", f"{TIMES}2.5")),
    "greyscale": ((0.5, "50 %", "50 %"),),
    "blur": ((1.333, "1.33 px", "1.33 px"), (10, "10 px", "10 px")),
    "noise": ((0.004, "0.4 %", "0.4 %"), (1, "100 %", "100 %")),
}
NEUTRAL = {
    **dict.fromkeys(("translate_x", "translate_y", "brightness", "greyscale", "noise"), "0 %"),
    **dict.fromkeys(("scale_x", "scale_y", "zoom", "contrast"), f"{TIMES}1"),
    **{"rotation": "0°", "blur": "0 px"},
}


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_every_transformation_of_the_catalogue_has_words(name):
    for magnitude, signed, plain in SIDES[name]:
        assert (amount(name, magnitude, sign=True), amount(name, magnitude)) == (signed, plain)
    neutral = TRANSFORMATIONS[name].neutral
    assert amount(name, neutral, sign=True) == amount(name, neutral) == NEUTRAL[name]
    assert title_of(name) == TITLES[name] != name
    for magnitude in TRANSFORMATIONS[name].magnitudes:
        assert "?" not in amount(name, float(magnitude), sign=True)


def test_titles_tell_transformations_apart():
    assert len(set(TITLES.values())) == len(TITLES) == len(TRANSFORMATIONS)


def test_others_keep_their_name_and_number():
    assert title_of("learned_space") == "learned_space"
    assert amount("learned_space", -1.5) == "1.5" and amount("learned_space", -1.5, sign=True) == f"{MINUS}1.5"
    assert amount("learned_space", 0, sign=True) == "0"


@pytest.mark.parametrize(("name", "magnitude"), [("rotation", math.nan), ("blur", math.inf), ("zoom", 0), ("zoom", -1)])
def test_what_is_no_amount_is_a_question_mark(name, magnitude):
    assert amount(name, magnitude, sign=True) == "?"


@pytest.mark.parametrize(
    ("magnitude", "shown"),
    [(0.001, "0"), (0.126, "0.13"), (1.999, "2"), (2.04, "2"), (2.06, "2.1"), (9.96, "10"), (100.4, "100")],
)
def test_no_more_digits_than_are_of_use(magnitude, shown):
    assert amount("blur", magnitude) == f"{shown} px"


def test_lists():
    assert [listed(list("abc"[:count])) for count in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
