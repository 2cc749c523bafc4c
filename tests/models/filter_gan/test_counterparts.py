"""Counterparts of images: each parameter does what its name says."""

import numpy as np
import pytest
import tensorflow as tf

from kinv.models.filter_gan.counterparts import Counterparts


def changed(images, side=28, **parameters):
    """Images `(N, side, side, C)` after a change with these parameters alone."""
    layer = Counterparts((side, side, images.shape[3]), 1, seed=0)
    layer.build()
    wanted = np.array([[parameters.get(name, 0.0) for name in layer.units]], "float32")
    layer.parameters = lambda z: np.repeat(wanted, len(z), axis=0)
    return np.asarray(layer(images, np.ones((len(images), 1), "float32")))


@pytest.fixture
def bar():
    image = np.zeros((1, 28, 28, 1), "float32")
    image[:, 8:20, 13:15] = 200.0
    return image


def test_no_parameter_no_change(bar, random):
    np.testing.assert_allclose(changed(bar), bar, atol=1e-3)
    colours = random.uniform(0, 255, (2, 28, 28, 3)).astype("float32")
    np.testing.assert_allclose(changed(colours), colours, atol=1e-2)


def test_parameters_do_what_they_are_called(bar):
    np.testing.assert_allclose(changed(bar, **{"shift across": 2 / 28})[:, :, :-1], bar[:, :, 1:], atol=0.1)
    np.testing.assert_allclose(changed(bar, **{"shift down": 2 / 28})[:, :-1], bar[:, 1:], atol=0.1)
    wide = changed(bar, **{"strokes across": 1.0})
    assert (wide[:, 8:20, 12:16] > 199).all() and wide.sum() == pytest.approx(2 * bar.sum(), rel=1e-4)
    thin = changed(bar, **{"strokes across": -0.5})
    np.testing.assert_allclose(thin, bar / 2, atol=1e-3)  # both columns touch a dark one
    longer = changed(bar, **{"strokes down": 1.0})
    assert (longer[:, 7:21, 13:15] > 199).all() and longer.sum() == pytest.approx(bar.sum() * 14 / 12, rel=1e-4)
    assert changed(bar, **{"blur across": 1.0})[0, 12, 12, 0] == pytest.approx(100, abs=0.1)
    np.testing.assert_allclose(changed(bar, **{"gain 0": np.log(0.5)}), bar / 2, atol=1e-2)
    assert changed(bar, curve=0.4)[0, 12, 13, 0] == pytest.approx(200 + 255 * 0.4 * (200 / 255) * (55 / 255), abs=0.1)
    leaning = changed(bar, slant=0.3)[0, ..., 0]
    middle = [np.average(np.arange(28), weights=row + 1e-9) for row in (leaning[9], leaning[18])]
    assert middle[0] > middle[1] + 1


@pytest.mark.parametrize(("side", "reach"), [(28, 1), (56, 2), (112, 4), (224, 8)])
def test_in_larger_images_strokes_reach_farther(side, reach):
    image = np.zeros((1, side, side, 1), "float32")
    middle = side // 2
    image[:, :, middle] = 200.0
    wide = changed(image, side=side, **{"strokes across": 1.0})[0, middle, :, 0]
    np.testing.assert_array_equal(np.flatnonzero(wide > 199), np.arange(middle - reach, middle + reach + 1))


def test_blur_of_larger_images_leaves_no_ghosts():
    image = np.zeros((1, 112, 112, 1), "float32")
    image[:, 32:80, 50:60] = 200.0
    blurred = changed(image, side=112, **{"blur across": 1.0})[0, 50, :, 0]
    assert (np.diff(blurred[44:55]) > -0.1).all() and (np.diff(blurred[55:66]) < 0.1).all()  # one edge, no second one
    assert blurred.sum() == pytest.approx(2000, rel=1e-3)


def test_each_channel_has_a_gain(random):
    colours = random.uniform(0, 100, (1, 28, 28, 3)).astype("float32")
    found = changed(colours, **{"gain 1": np.log(2.0)})
    np.testing.assert_allclose(found[..., 1], 2 * colours[..., 1], rtol=1e-3, atol=1e-2)
    np.testing.assert_allclose(found[..., [0, 2]], colours[..., [0, 2]], atol=1e-2)


def test_parameters_are_normal_with_lengths_that_are_learned():
    layer = Counterparts((8, 8, 1), 5, seed=0)
    layer.build()
    layer.log_lengths.assign(np.linspace(-1, 1, len(layer.units)))
    found = np.asarray(layer.parameters(np.random.default_rng(0).normal(size=(20_000, 5)).astype("float32")))
    np.testing.assert_allclose(found.std(axis=0), layer.lengths(), rtol=0.03)
    with tf.GradientTape() as tape:
        seen = layer(np.full((2, 8, 8, 1), 255.0, "float32"), np.ones((2, 5), "float32"))
        total = tf.reduce_sum(seen)
    assert float(tf.reduce_max(seen)) <= 255
    assert all(np.abs(slope).max() > 0 for slope in tape.gradient(total, layer.trainable_variables))
