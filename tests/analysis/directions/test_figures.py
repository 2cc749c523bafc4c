"""Figures of directions, readable with the longest names."""

import numpy as np
import pytest

from kinv import analysis, figures
from kinv.ops import lie

pytestmark = pytest.mark.usefixtures("readable_figures")


def made(channels, network="a_network_with_a_rather_long_name"):
    random, parts = np.random.default_rng(0), {}
    for part in ("space", "color"):
        names = tuple(lie.SPACE if part == "space" else lie.color_generators(channels))
        factors = random.normal(size=(9, len(names), 4)) * np.linspace(0.1, 2, len(names))[:, None]
        reach = random.uniform(0.05, 0.6, (len(names), 2))
        parts[part] = analysis.Directions(
            part,
            names,
            channels,
            factors @ factors.transpose(0, 2, 1),
            np.eye(len(names)),
            reach,
            reach[:3],
            80 * reach,
            40 * reach[:3],
        )
    return analysis.InvariantDirections(network, parts["space"], parts["color"], np.zeros(9, int), None, 0.9, 9)


@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_at_the_ends_of_directions(channels, images):
    found = made(channels)
    figure = figures.directions.strips(found, images[0][..., :channels])
    said = " ".join(axis.get_title() for axis in figure.axes)
    assert "as it is" in said and "%" in said
    assert len([axis for axis in figure.axes if axis.images]) == 3 * (5 + min(5, len(found.color)))
    assert [axis.get_ylabel().split("\n")[1] for axis in figure.axes[:25:6]] == 3 * ["most ignored"] + 2 * [
        "least ignored"
    ]


def test_bars_are_beside_a_random_direction():
    figure = figures.directions.bars(made(3))
    assert [len(axis.patches) for axis in figure.axes] == [6, 12]


def test_wrong_images_are_refused(images):
    with pytest.raises(ValueError, match="image must be images with 4 axes"):
        figures.directions.strips(made(3), images)
    whole = made(3)
    with pytest.raises(ValueError, match="pass reach_images=24"):
        figures.directions.strips(analysis.InvariantDirections(
            "n", whole.space.of_images(np.ones(9, bool)), whole.color, whole.classes, None, 0.9, 0
        ), images[0])  # fmt: skip
