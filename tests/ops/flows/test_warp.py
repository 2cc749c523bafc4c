"""Smooth warps: SciPy's integration and sampling, with an inverse, fixed at the frame."""

import numpy as np
import pytest
from keras import ops
from scipy.integrate import solve_ivp
from scipy.ndimage import map_coordinates

from kinv.ops.flows import warp_smoothly
from kinv.ops.flows.warp import MODES, WAVES, carried


@pytest.fixture
def sizes(random):
    return random.uniform(-0.5, 0.5, (4, len(MODES))).astype("float32")


def velocity(points, sizes):
    """By its formula, of points `(2, N)` in -1..1."""
    u, v = (points + 1) / 2
    waves = [np.sin(i * np.pi * u) * np.sin(j * np.pi * v) * 2 / (np.pi * max(i, j)) for i, j in WAVES]
    return sizes.reshape(2, 4) @ np.stack(waves)


def flowed(points, sizes):
    def of_time(_, state):
        return velocity(state.reshape(2, -1), sizes).ravel()

    return solve_ivp(of_time, (0, 1), points.ravel(), rtol=1e-9, atol=1e-9).y[:, -1].reshape(2, -1)


def moved(points, sizes):
    """Where points `(2, N)` are carried."""
    dx, dy = (ops.convert_to_numpy(along) for along in carried(points[0, None, None], points[1, None, None], sizes))
    return points + np.concatenate([dx[0], dy[0]])


def test_coordinates_go_where_the_velocity_carries_them(sizes, random):
    points = random.uniform(-1, 1, (2, 200)).astype("float32")
    np.testing.assert_allclose(moved(points, sizes[:1]), flowed(points, sizes[0]), atol=1e-4)
    assert np.abs(moved(points, sizes[:1]) - points).max() > 0.1


def test_other_signs_carry_coordinates_back(sizes, random):
    points = random.uniform(-1, 1, (2, 200)).astype("float32")
    there = moved(points, 2 * sizes[:1]).astype("float32")
    np.testing.assert_allclose(moved(there, -2 * sizes[:1]), points, atol=2e-3)


def test_the_frame_stays(sizes):
    edge = np.linspace(-1, 1, 9, dtype="float32")
    for points in (np.stack([edge, np.full(9, end, "float32")]) for end in (-1, 1)):
        np.testing.assert_allclose(moved(points, sizes[:1]), points, atol=1e-6)
        np.testing.assert_allclose(moved(points[::-1], sizes[:1]), points[::-1], atol=1e-6)


def test_images_are_sampled_where_coordinates_are_carried(images, sizes):
    """Images of 20 x 24: heights and widths are not mistaken for each other."""
    found = ops.convert_to_numpy(warp_smoothly(images, sizes))
    rows, columns = np.mgrid[:20, :24]
    points = np.stack([(columns.ravel() + 0.5) / 12 - 1, (rows.ravel() + 0.5) / 10 - 1])
    for index in range(4):
        x, y = flowed(points, sizes[index])
        at = [((y + 1) * 10 - 0.5).reshape(20, 24), ((x + 1) * 12 - 0.5).reshape(20, 24)]
        for channel in range(3):
            expected = map_coordinates(images[index, ..., channel], at, order=1, mode="nearest")
            np.testing.assert_allclose(found[index, ..., channel], expected, atol=0.2)
    assert np.abs(found - images).mean() > 2


def test_the_steepest_gradient_of_each_mode_is_its_size():
    grid = np.linspace(-1, 1, 401)
    points = np.stack([axis.ravel() for axis in np.meshgrid(grid, grid)])
    for mode in range(len(MODES)):
        field = velocity(points, np.eye(len(MODES))[mode]).reshape(2, 401, 401)[mode // 4]
        steepest = max(np.abs(np.gradient(field, grid[1] - grid[0], axis=axis)).max() for axis in (0, 1))
        assert steepest == pytest.approx(1, abs=0.01)


def test_at_size_zero_nothing_changes(images):
    np.testing.assert_array_equal(warp_smoothly(images, np.zeros((4, 8), "float32")), images)


def test_every_image_has_its_own_warp(images, sizes):
    together = ops.convert_to_numpy(warp_smoothly(images, sizes))
    for index in range(4):
        alone = warp_smoothly(images[index : index + 1], sizes[index : index + 1])
        np.testing.assert_allclose(together[index], alone[0], atol=1e-3)
