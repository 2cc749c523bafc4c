"""The spectrum of images."""

import numpy as np
import pytest
from keras import ops

from kinv.ops.spectrum import Spectrum, principal_colors, wave_deviations


@pytest.mark.parametrize("shape", [(6, 9, 3), (8, 8, 1)])
def test_features_and_images_are_each_others_inverse(random, shape):
    images = random.uniform(0, 255, (5, *shape)).astype("float32")
    spectrum = Spectrum(images)
    features = ops.convert_to_numpy(spectrum.features(images))
    np.testing.assert_allclose(ops.convert_to_numpy(spectrum.images(features)), images, atol=0.01)
    assert not features.reshape(5, -1).mean() > 1


def test_random_features_have_the_images_power_and_colours(random):
    """Of images whose power falls with the frequency, in two colours."""
    smooth = np.cumsum(np.cumsum(random.normal(size=(400, 16, 12, 1)), axis=1), axis=2)
    images = (smooth * [3.0, 1.0, 1.0] + random.normal(size=(400, 16, 12, 3)) + 100).astype("float32")
    spectrum = Spectrum(images)
    made = ops.convert_to_numpy(spectrum.images(random.normal(size=(4000, 16, 12, 3)).astype("float32")))
    np.testing.assert_allclose(made.mean(axis=(0, 1, 2)), images.mean(axis=(0, 1, 2)), rtol=0.03)
    flat = [part.reshape(-1, 3) - images.mean(axis=(0, 1, 2)) for part in (images, made)]
    covariances = [part.T @ part / len(part) for part in flat]
    np.testing.assert_allclose(covariances[1], covariances[0], rtol=0.06)


def test_a_wave_has_its_own_deviation():
    """One cosine wave in red of amplitude 50: all power in one colour and one ring of frequencies."""
    wave = np.cos(np.pi * 3 * (2 * np.arange(16) + 1) / 32)
    images = np.zeros((2, 16, 16, 3), "float32")
    images[..., 0] = np.array([1, -1])[:, None, None] * 50 * wave[None, :, None]
    colors = principal_colors(images)
    assert np.abs(colors[:, -1]) == pytest.approx([1, 0, 0], abs=1e-5)
    deviation = wave_deviations(images, colors)
    assert deviation[3, 0, -1] > 0 and deviation[7, 0, -1] == pytest.approx(0, abs=0.01)
    assert np.square(deviation).sum() == pytest.approx(np.square(images).sum() / 2, rel=1e-3)


def test_even_images_have_features_that_change_them():
    spectrum = Spectrum(np.full((1, 4, 4, 1), 7, "float32"))
    assert np.isfinite(ops.convert_to_numpy(spectrum.images(np.ones((1, 4, 4, 1), "float32")))).all()
