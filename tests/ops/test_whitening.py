"""Whitening: the filter is Olshausen and Field's, and makes natural spectra flat."""

import numpy as np
import pytest

from kinv.ops.whitening import CUTOFF, ZcaWhitening, whiten_image


def test_a_wave_is_multiplied_by_the_filter():
    column = np.arange(64)
    slow, fast = (np.cos(2 * np.pi * cycles * column / 64) for cycles in (4, 16))
    white = np.fft.rfft(whiten_image(np.tile(slow + fast, (64, 1)))[0])
    gain = [f * np.exp(-((f / CUTOFF) ** 4)) for f in (4 / 64, 16 / 64)]
    assert abs(white[16]) / abs(white[4]) == pytest.approx(gain[1] / gain[0], rel=1e-6)


def test_a_spectrum_of_one_over_f_becomes_flat(random):
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256))
    spectrum = np.fft.rfft2(random.normal(size=(256, 256))) / np.maximum(frequency, 1 / 256)
    white = whiten_image(np.fft.irfft2(spectrum, (256, 256)))
    assert white.mean() == pytest.approx(0, abs=1e-9) and white.std() == pytest.approx(1)
    power = np.abs(np.fft.rfft2(white)) ** 2
    low, middle = (power[(frequency > a) & (frequency < b)].mean() for a, b in ((0.02, 0.08), (0.1, 0.2)))
    assert 0.8 < low / middle < 1.3


def test_one_grey_has_nothing_to_whiten():
    np.testing.assert_array_equal(whiten_image(np.full((16, 16), 7.0)), np.zeros((16, 16)))
    with pytest.raises(ValueError, match="positive cutoff"):
        whiten_image(np.ones((4, 4)), 0.0)


def test_zca_spheres_the_data_and_turns_as_little_as_possible(random):
    vectors = random.normal(size=(5000, 4)) @ random.normal(size=(4, 4))
    whitening = ZcaWhitening(vectors, regularization=1e-9)
    np.testing.assert_allclose(np.cov(vectors @ whitening.matrix, rowvar=False), np.eye(4), atol=1e-3)
    np.testing.assert_allclose(whitening.matrix, whitening.matrix.T, atol=1e-5)
    np.testing.assert_allclose(whitening.matrix @ whitening.inverse, np.eye(4), atol=1e-3)
    np.testing.assert_allclose(whitening.inverse @ whitening.inverse, whitening.covariance, rtol=1e-4, atol=1e-4)


def test_zca_of_axes_without_variance(random):
    vectors = np.concatenate([random.normal(size=(100, 3)), np.zeros((100, 2))], axis=1)
    assert np.isfinite(ZcaWhitening(vectors).matrix).all()
    for wrong in (np.ones((5, 3)), np.ones((1, 3)), np.full((5, 3), np.nan), np.ones(5)):
        with pytest.raises(ValueError):
            ZcaWhitening(wrong)
