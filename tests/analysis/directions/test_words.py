"""What words say of directions is what images show."""

import numpy as np
import pytest

from kinv.analysis.directions.figures import changed
from kinv.analysis.directions.parts import Part, mean_shift
from kinv.analysis.directions.words import named, seen
from kinv.ops import lie

SIZE = 41
SPACE, COLORS = list(lie.SPACE), list(lie.color_generators(3))


def along(part, name, size):
    generators = list(lie.SPACE) if part == "space" else COLORS
    return Part(part, 3).maps(size * np.eye(len(generators))[[generators.index(name)]])


def moments(image):
    """Centre `(x, y)`, and spreads: across, down, and along the falling diagonal."""
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE // 2
    weights = image[..., 0] / image[..., 0].sum()
    x0, y0 = (weights * x).sum(), (weights * y).sum()
    return x0, y0, (weights * (x - x0) ** 2).sum(), (weights * (y - y0) ** 2).sum(), (weights * x * y).sum()


def spot(x, y, width=4.0):
    rows, columns = np.mgrid[:SIZE, :SIZE] - SIZE // 2
    blob = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * width**2))
    return np.repeat(blob[None, :, :, None], 3, axis=-1).astype("float32")


@pytest.mark.parametrize(
    ("name", "word", "shown"),
    [
        ("shift sideways", "moved left", lambda before, after: after[0] < before[0] - 1),
        ("shift up or down", "moved up", lambda before, after: after[1] < before[1] - 1),
        ("zoom", "smaller", lambda before, after: after[2] < before[2] and after[3] < before[3]),
        ("stretch", "narrower and higher", lambda before, after: after[2] < before[2] and after[3] > before[3]),
        ("shear", "stretched /", lambda before, after: after[4] < before[4] - 1),
    ],
)
def test_words_of_space(name, word, shown):
    image = spot(0, 0)
    assert shown(moments(image[0]), moments(changed(along("space", name, 0.3), "space", image)[0]))
    assert not shown(moments(image[0]), moments(changed(along("space", name, -0.3), "space", image)[0]))
    assert seen(np.eye(6)[SPACE.index(name)], SPACE) == word


def test_a_positive_rotation_turns_what_is_at_the_right_upwards():
    turned = changed(along("space", "rotation", 0.3), "space", spot(12, 0))
    assert moments(turned[0])[1] < -1
    assert seen(np.eye(6)[SPACE.index("rotation")], SPACE) == "turned anticlockwise"
    assert seen(-np.eye(6)[SPACE.index("rotation")], SPACE) == "turned clockwise"


RED, GREEN, BLUE, YELLOW, DARK, LIGHT = (
    *((150, 100, 100), (100, 150, 100), (100, 100, 150), (150, 150, 100), (80, 80, 80), (180, 180, 180)),
)


def redness(color):
    return color[0] - color[1]


def yellowness(color):
    return (color[0] + color[1]) / 2 - color[2]


@pytest.mark.parametrize(
    ("name", "word", "color", "measure"),
    [
        ("light", "more contrast", LIGHT, sum),
        ("shift of light", "lighter", DARK, sum),
        ("light from red-green", "red parts lighter", RED, sum),
        ("light from blue-yellow", "yellow parts lighter", YELLOW, sum),
        ("red-green from light", "light parts redder", LIGHT, redness),
        ("red-green", "red and green stronger", RED, redness),
        ("red-green from blue-yellow", "yellow parts redder", YELLOW, redness),
        ("blue-yellow from red-green", "red parts yellower", RED, yellowness),
        ("blue-yellow", "blue and yellow stronger", YELLOW, yellowness),
        ("blue-yellow from light", "light parts yellower", LIGHT, yellowness),
        ("shift of red-green", "redder", DARK, redness),
        ("shift of blue-yellow", "yellower", DARK, yellowness),
    ],
)
def test_words_of_colour(name, word, color, measure):
    image = np.full((1, 2, 2, 3), color, "float32")
    after = changed(along("color", name, 0.2), "color", image)[0, 0, 0]
    assert measure(after) > measure(color) + 1
    assert seen(np.eye(12)[COLORS.index(name)], COLORS) == word


def test_directions_are_called_after_their_largest_generators():
    vector = np.array([0.1, 0.6, 0, -0.75, 0.2, 0])
    assert named(vector / np.linalg.norm(vector), SPACE) == "zoom -0.76, shift up or down +0.61"
    assert seen(vector, SPACE) == "larger, moved up" and seen(-vector, SPACE) == "smaller, moved down"
    assert named(np.eye(6)[2], SPACE) == "rotation +1.00"


def test_a_shift_moves_all_pixels_as_far():
    assert mean_shift(along("space", "shift sideways", 0.2))[0] == pytest.approx(0.1)
    assert mean_shift(np.eye(2, 3)[None])[0] == 0


def test_maps_follow_each_other(random):
    """What is changed by one map, and the result by another, is changed by `then`."""
    part, sizes = Part("space", 3), 0.1 * random.normal(size=(2, 6))
    first, second = (part.maps(row[None]) for row in sizes)
    image = spot(3, -2, 6.0)
    twice = changed(second, "space", changed(first, "space", image))
    assert np.abs(twice - changed(part.then(first, second), "space", image)).max() < 4
    assert np.abs(twice - changed(part.then(second, first), "space", image)).max() > 4
    part = Part("color", 3)
    first, second = (part.maps(0.1 * random.normal(size=(1, 12))) for _ in range(2))
    image = np.full((1, 2, 2, 3), (90, 120, 150), "float32")
    twice = changed(second, "color", changed(first, "color", image))
    np.testing.assert_allclose(twice, changed(part.then(first, second), "color", image), atol=1e-2)
