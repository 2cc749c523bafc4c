"""The Filter GAN's figures hold what they are given."""

import numpy as np

from kinv.figures import filter_gan as figures


def shown(axis):
    return axis.images[0].get_array()


def test_a_row_of_colour_pictures_for_every_set_of_filters(random):
    filters = {"real": random.normal(size=(3, 3, 7, 5)), "draw 1": random.normal(size=(3, 3, 7, 5))}
    axes = figures.filters_as_colors(filters, shown=4).axes
    assert len(axes) == 8 and [axes[0].get_ylabel(), axes[4].get_ylabel()] == ["real", "draw 1"]
    sums = np.stack([filters["real"][:, :, part].sum(axis=2) for part in (slice(0, 3), slice(3, 5), slice(5, 7))], 2)
    largest = np.abs(sums).max()
    np.testing.assert_allclose(shown(axes[2]), 127.5 + 127.5 * sums[..., 2] / largest, atol=0.5)


def test_the_grid_has_the_original_framed_in_the_middle(random):
    pictures = random.uniform(0, 255, (3, 3, 6, 5, 1))
    figure = figures.activation_grid(pictures, "a digit")
    assert figure._suptitle.get_text() == "a digit"
    for axis, picture in zip(figure.axes, pictures.reshape(9, 6, 5), strict=True):
        np.testing.assert_array_equal(shown(axis), picture.round())
    assert [axis.spines["left"].get_visible() for axis in figure.axes] == [False] * 4 + [True] + [False] * 4


def test_the_map_has_a_colour_for_each_real_filter(random):
    (axis,) = figures.map_of_filters(random.normal(size=(4, 2)), random.normal(size=(6, 4, 2))).axes
    generated, real = axis.collections[0::2], axis.collections[1::2]
    assert len(generated) == len(real) == 4 and all(len(points.get_offsets()) == 6 for points in generated)
    colors = [tuple(points.get_facecolor()[0][:3]) for points in generated]
    assert len(set(colors)) == 4 and colors == [tuple(points.get_facecolor()[0][:3]) for points in real]
