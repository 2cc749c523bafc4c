"""What matrices do, told from matrices that are known to do it."""

import numpy as np
import pytest
from keras import ops

from kinv.ops import TRANSFORMATIONS
from kinv.reports.affine_words import color_magnitudes, described, space_magnitudes

ASPECT = 1.5
STILL = {"translate_x": 0, "translate_y": 0, "rotation": 0, "scale_x": 1, "scale_y": 1}
MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"


def matrices(name, magnitude, about=ASPECT):
    return ops.convert_to_numpy(TRANSFORMATIONS[name].matrices(ops.convert_to_tensor([magnitude], "float32"), about))


@pytest.mark.parametrize(
    ("name", "magnitude"),
    [("translate_x", 0.2), ("translate_y", -0.1), ("rotation", 30.0), ("rotation", -100.0), ("scale_x", 2.0)],
)
def test_a_single_transformation_is_found_again(name, magnitude):
    found = space_magnitudes(matrices(name, magnitude), ASPECT)
    assert {each: float(value[0]) for each, value in found.items()} == pytest.approx(
        {**STILL, name: magnitude}, abs=1e-5
    )


def test_a_zoom_is_a_stretch_both_ways():
    found = space_magnitudes(matrices("zoom", 0.5), ASPECT)
    assert {each: float(value[0]) for each, value in found.items()} == pytest.approx(
        {**STILL, "scale_x": 0.5, "scale_y": 0.5}, abs=1e-5
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_contrast_and_brightness_are_found_again(channels):
    darker = (
        matrices("contrast", 0.5, channels) + matrices("brightness", 0.1, channels) - np.eye(channels, channels + 1)
    )
    found = color_magnitudes(darker)
    assert found["contrast"] == pytest.approx([0.5]) and found["brightness"] == pytest.approx([0.1])


def test_words_name_the_smallest_and_the_largest_amount():
    space = np.concatenate([matrices("translate_x", -0.05), matrices("scale_x", 2.0), matrices("rotation", 20.0)])
    color = np.concatenate([matrices("contrast", 1.0, 3)] * 3)
    rows = {row["title"]: (row["low"], row["high"]) for row in described(space, color, ASPECT)}
    assert rows["Shift sideways"] == (f"{MINUS}5 %", "0 %")
    assert rows["Stretch or squeeze in width"] == (f"{TIMES}0.5", f"{TIMES}1")
    assert rows["Rotation"][1] == "+20°" and rows["Less or more contrast"] == (f"{TIMES}1", f"{TIMES}1")
