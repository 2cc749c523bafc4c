"""The Filter GAN's figures hold what they are given."""

import numpy as np
import pytest

from kinv.models.filter_gan import figures

pytestmark = pytest.mark.usefixtures("readable_figures")


def shown(axis):
    return axis.images[0].get_array()


def test_a_row_of_colour_images_for_every_set_of_filters(random):
    filters = {"real": random.normal(size=(3, 3, 7, 5)), "draw 1": random.normal(size=(3, 3, 7, 5))}
    axes = figures.filters_as_colors(filters, shown=4).axes
    assert len(axes) == 8 and [axes[0].get_ylabel(), axes[4].get_ylabel()] == ["real", "draw 1"]
    sums = np.stack([filters["real"][:, :, part].sum(axis=2) for part in (slice(0, 3), slice(3, 5), slice(5, 7))], 2)
    largest = np.abs(sums).max()
    np.testing.assert_allclose(shown(axes[2]), 127.5 + 127.5 * sums[..., 2] / largest, atol=0.5)


def test_every_grid_has_the_original_framed_in_the_middle(random):
    images = random.uniform(0, 255, (3, 3, 3, 6, 5, 1))
    axes = figures.activation_grids(images, ["a", "b", "c"]).axes
    assert [axis.get_title() for axis in axes] == ["a", "b", "c", ""] and not axes[3].axison
    for axis, grid in zip(axes, images, strict=False):
        mosaic = shown(axis)
        assert mosaic.shape == (24, 21)
        for row in range(3):
            for column in range(3):
                cell = mosaic[8 * row + 1 : 8 * row + 7, 7 * column + 1 : 7 * column + 6]
                np.testing.assert_array_equal(cell, grid[row, column, ..., 0].round())
        (frame,) = axis.patches
        assert (frame.get_x(), frame.get_y(), frame.get_width(), frame.get_height()) == (6.5, 7.5, 7, 8)


def test_rows_of_images_are_framed_at_their_beginning(random):
    rows = random.uniform(0, 255, (2, 4, 6, 5, 1)).round().astype("float32")
    (axis,) = figures.rows_of_images(rows).axes
    mosaic = np.asarray(axis.get_images()[0].get_array())
    assert mosaic.shape == (16, 28)
    for row in range(2):
        for column in range(4):
            cell = mosaic[8 * row + 1 : 8 * row + 7, 7 * column + 1 : 7 * column + 6]
            np.testing.assert_array_equal(cell, rows[row, column, ..., 0])
    assert [(frame.get_x(), frame.get_y()) for frame in axis.patches] == [(-0.5, -0.5), (-0.5, 7.5)]


def test_the_map_has_a_colour_for_each_real_filter(random):
    (axis,) = figures.map_of_filters(random.normal(size=(4, 2)), random.normal(size=(6, 4, 2))).axes
    generated, real = axis.collections[0::2], axis.collections[1::2]
    assert len(generated) == len(real) == 4 and all(len(points.get_offsets()) == 6 for points in generated)
    colors = [tuple(points.get_facecolor()[0][:3]) for points in generated]
    assert len(set(colors)) == 4 and colors == [tuple(points.get_facecolor()[0][:3]) for points in real]


def test_differences_are_from_the_middle_and_enlarged(random):
    images = 100 + random.uniform(-0.5, 0.5, (1, 3, 3, 6, 5, 1))
    (axis,) = figures.grid_differences(images, ["a"]).axes
    gain = float(axis.get_title().removeprefix("a: change x "))
    assert 100 < gain < 200
    mosaic = shown(axis)
    np.testing.assert_array_equal(mosaic[9:15, 8:13], 128)  # the middle, grey
    expected = 127.5 + gain * (images[0, 0, 0] - images[0, 1, 1])[..., 0]
    np.testing.assert_allclose(mosaic[1:7, 1:6], expected.clip(0, 255), atol=2)


def test_filters_of_a_plane_keep_their_distances(random):
    plane = random.normal(size=(2, 3 * 3 * 2))
    plane = np.linalg.qr(plane.T)[0].T  # two directions at right angles
    places = random.normal(size=(4, 5, 2))  # three draws and the real ones, five filters
    filters = np.moveaxis((places @ plane).reshape(4, 5, 3, 3, 2), 1, -1)
    real, generated = figures.scale_filters(filters[0], filters[1:])
    found = np.concatenate([real[None], generated]).reshape(-1, 2)
    apart = lambda points: np.linalg.norm(points[:, None] - points[None], axis=-1)  # noqa: E731
    np.testing.assert_allclose(apart(found), apart(places.reshape(-1, 2)), atol=0.02)
