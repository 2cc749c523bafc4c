"""The two sentences that stand above everything."""

import pytest

from kinv.reports.sentences import few_images_sentence, lost_sentence, tolerated_range, tolerated_sentence


def row(name, most, half, neutral=0.5):
    """A row by its levels: of each side, the magnitude, its place in the range, and whether the level was reached."""
    sides = [side for side in ("below", "above") if side in most]
    levels = {
        side: {
            level: dict(zip(("magnitude", "place", "reached"), values[side], strict=True))
            for level, values in (("0.9", most), ("0.5", half))
        }
        for side in sides
    }
    return {"transformation": name, "neutral": neutral, "sides": levels}


ROTATION = row(
    "rotation",
    {"below": (-21, 0.44, True), "above": (20, 0.56, True)},
    {"below": (-50, 0.36, True), "above": (45, 0.62, True)},
)
BRIGHTNESS = row(
    "brightness",
    {"below": (-0.4, 0.3, True), "above": (0.1, 0.55, True)},
    {"below": (-1, 0, False), "above": (0.5, 0.75, True)},
)
CONTRAST = row(
    "contrast",
    {"below": (0.5, 0.17, True), "above": (3, 1, False)},
    {"below": (0.2, 0.07, True), "above": (3, 1, False)},
    neutral=1 / 3,
)
GREY = row("greyscale", {"above": (1, 1, False)}, {"above": (1, 1, False)}, neutral=0)
NOISE = row("noise", {"above": (0.01, 0.01, True)}, {"above": (0.15, 0.15, True)}, neutral=0)


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (ROTATION, "up to 20° either way"),
        (BRIGHTNESS, "\N{MINUS SIGN}40 % to +10 %"),
        (CONTRAST, "\N{MULTIPLICATION SIGN}0.5 to \N{MULTIPLICATION SIGN}3"),
        (GREY, "up to 100 %"),
    ],
)
def test_how_far(of, said):
    assert tolerated_range(of) == said


def test_sides_that_differ_are_both_named():
    uneven = row(
        "rotation", {"below": (-40, 0.4, True), "above": (20, 0.6, True)}, {"below": (0, 0, 0), "above": (0, 0, 0)}
    )
    assert tolerated_range(uneven) == "\N{MINUS SIGN}40° to +20°"


def test_the_first_that_are_tolerated_anywhere_are_named():
    said = tolerated_sentence("net", [NOISE, GREY, CONTRAST, ROTATION, BRIGHTNESS])
    assert said.startswith("What net ignores most: loss of colour (up to 100 %), less or more contrast (")
    assert "rotation (" in said and "noise" not in said and "darker" not in said


def test_nothing_is_tolerated():
    assert "ignores none" in tolerated_sentence("net", [NOISE])


def test_where_half_of_the_predictions_change():
    assert lost_sentence([GREY, CONTRAST, ROTATION, NOISE]) == (
        "What it does not ignore: noise and rotation. "
        "Half of its predictions change at noise (15 % of the range of pixels) and rotation (45°)."
    )


def test_nothing_is_lost():
    assert lost_sentence([GREY]) == "No transformation changed half of its predictions."


def test_few_images_are_said_first():
    assert "only 3 images" in few_images_sentence(3)[0] and few_images_sentence(20) == []
