"""Tone curves: SciPy's integration, monotone, with an inverse."""

import numpy as np
import pytest
from keras import ops
from scipy.integrate import solve_ivp

from kinv.ops.flows import bend_tones
from kinv.ops.flows.tone import MODES

GREYS = np.tile(np.arange(256, dtype="float32").reshape(1, 16, 16, 1), (6, 1, 1, 3))


@pytest.fixture
def sizes(random):
    """Six rows of norm 1."""
    drawn = random.normal(size=(6, len(MODES)))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype("float32")


def bent(images, sizes):
    return ops.convert_to_numpy(bend_tones(images, sizes))


def test_values_go_where_the_velocity_carries_them(sizes):
    orders = np.arange(1, 4) * np.pi

    def velocity(_, values):
        return (sizes[0] / orders) @ np.sin(np.outer(orders, values))

    found = solve_ivp(velocity, (0, 1), np.arange(256) / 255, rtol=1e-9, atol=1e-9).y[:, -1]
    np.testing.assert_allclose(bent(GREYS, sizes)[0, ..., 0].ravel(), 255 * found, atol=2e-3)


def test_one_mode_is_known_in_closed_form():
    """`tan(pi v / 2)` grows by a factor of `exp(x)`; the size is the logarithm of the slope at black."""
    values = np.arange(1, 255) / 255
    expected = 255 * 2 / np.pi * np.arctan(np.exp(0.8) * np.tan(np.pi / 2 * values))
    sizes = np.zeros((6, 3), "float32")
    sizes[:, 0] = 0.8
    np.testing.assert_allclose(bent(GREYS, sizes)[2, ..., 1].ravel()[1:-1], expected, atol=2e-3)


def test_other_signs_undo_it(sizes, images):
    images = np.concatenate([images, images[:2]])
    np.testing.assert_allclose(bent(bent(images, sizes), -sizes), images, atol=0.02)


def test_curves_are_monotone_and_keep_black_and_white(sizes):
    curves = bent(GREYS, 2.5 * sizes)[..., 0].reshape(6, -1)
    assert (np.diff(curves, axis=1) > 0).all()
    np.testing.assert_allclose(curves[:, [0, -1]], [[0, 255]] * 6, atol=1e-4)
    fine = np.linspace(0, 255, 3000, dtype="float32").reshape(1, 50, 60, 1)
    assert (np.diff(bent(fine, sizes[:1]).ravel()) > -1e-4).all()


def test_at_size_zero_nothing_changes(images):
    np.testing.assert_array_equal(bent(images, np.zeros((4, 3), "float32")), images)


def test_every_image_has_its_own_curve(sizes, images):
    together = bent(images, sizes[:4])
    for index in range(4):
        np.testing.assert_allclose(together[index : index + 1], bent(images[index : index + 1], sizes[index, None]))
    assert np.abs(together - images).mean() > 1
