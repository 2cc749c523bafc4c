"""Changes are of the kind that they were made by."""

import numpy as np
import pytest
from keras import ops

from kinv import data
from kinv.analysis.filters.change_parts import PARTS, REST, change_parts
from kinv.ops.affine import affine_sample
from kinv.ops.blur import gaussian_blur
from kinv.ops.stroke_width import stroke_width


@pytest.fixture(scope="module")
def digits():
    return data.load("mnist", "test", limit=6)[0].astype("float32")


def mapped(images, matrix):
    return np.asarray(affine_sample(images, np.array(matrix, "float32")))


CHANGES = {
    "shift": lambda images: mapped(images, [[1, 0, 0.1], [0, 1, -0.08]]),
    "rotation": lambda images: mapped(images, [[0.995, 0.1, 0], [-0.1, 0.995, 0]]),
    "slant and size": lambda images: mapped(images, [[1, 0.15, 0], [0, 1.1, 0]]),
    "stroke width": lambda images: np.asarray(stroke_width(images, np.full(len(images), 0.6, "float32"))),
    "sharpness": lambda images: np.asarray(gaussian_blur(images, ops.full((len(images),), 0.6))),
    "brightness": lambda images: 0.7 * images,
}


@pytest.mark.parametrize("kind", CHANGES)
def test_known_changes_are_recognised(digits, kind):
    found = change_parts(digits, CHANGES[kind](digits))
    assert set(found) == {*PARTS, REST} and sum(found.values()) == pytest.approx(1)
    assert max(found, key=found.__getitem__) == kind and found[kind] > 0.4 and found[REST] < 0.25


def test_strokes_that_grow_to_both_sides_are_no_shift(digits):
    found = change_parts(digits, np.maximum(np.roll(digits, 1, axis=2), np.roll(digits, -1, axis=2)))
    assert found["stroke width"] > 0.6 and found["shift"] < 0.1


def test_noise_is_the_rest_and_nothing_changed_is_too(digits, random):
    assert change_parts(digits, digits + random.normal(size=digits.shape))[REST] > 0.9
    assert change_parts(digits, digits)[REST] == 1


def test_photographs_have_no_other_parts(random):
    images = random.uniform(0, 255, (2, 40, 30, 3)).astype("float32")
    assert change_parts(images, 0.8 * images)["brightness"] > 0.99


def test_a_turn_of_wide_images_is_one(digits):
    wide = np.pad(digits, ((0, 0), (0, 0), (28, 28), (0, 0)))
    sin, cos = np.sin(0.14), np.cos(0.14)
    turned = mapped(wide, [[cos, sin / 3, 0], [-3 * sin, cos, 0]])
    found = change_parts(wide, turned)
    assert max(found, key=found.__getitem__) == "rotation" and found["rotation"] > 0.5
