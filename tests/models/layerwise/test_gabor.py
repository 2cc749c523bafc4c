"""Gabor fits find the function that a filter was made of, and say where there is none."""

import numpy as np
import pytest

from kinv.analysis import fit_gabors


def gabor(row, column, frequency, orientation, along, across, phase, size=12):
    y, x = np.mgrid[:size, :size].astype("float64")
    u = (x - column) * np.cos(orientation) + (y - row) * np.sin(orientation)
    v = (y - row) * np.cos(orientation) - (x - column) * np.sin(orientation)
    return np.exp(-0.5 * ((u / along) ** 2 + (v / across) ** 2)) * np.cos(2 * np.pi * frequency * u + phase)


def test_a_gabor_is_explained_and_its_parameters_are_found(random):
    wanted = [
        (row, column, frequency, orientation, 1.8, 2.6, phase)
        for row, column in ((5.5, 5.5), (3.0, 7.0))
        for frequency in (0.15, 0.25)
        for orientation, phase in ((0.3, 0.0), (1.2, 1.5), (2.5, 0.7))
    ]
    fit = fit_gabors(np.array([2.5 * gabor(*parameters) for parameters in wanted]))
    wanted = np.array(wanted)
    assert fit.explained.min() > 0.999
    np.testing.assert_allclose(fit.center, wanted[:, :2], atol=0.1)
    np.testing.assert_allclose(fit.frequency, wanted[:, 2], atol=0.01)
    turned = (fit.orientation - wanted[:, 3] + np.pi / 2) % np.pi - np.pi / 2
    np.testing.assert_allclose(turned, 0, atol=0.05)
    np.testing.assert_allclose(fit.width, wanted[:, 4:6], rtol=0.1)


def test_noise_is_hardly_explained(random):
    noise = random.normal(size=(10, 12, 12))
    edge = gabor(5.5, 5.5, 0.2, 0.8, 2.0, 3.0, 1.0)
    assert fit_gabors(noise).explained.max() < 0.4
    mixed = fit_gabors(edge + np.square(edge).mean() ** 0.5 * noise[:3])
    np.testing.assert_allclose(mixed.explained, 0.5, atol=0.12)  # as much noise as edge


def test_only_localised_oriented_waves_are_edges():
    edge, grating = gabor(5.5, 5.5, 0.15, 0.8, 2.0, 3.0, 1.0), gabor(5.5, 5.5, 0.2, 0.8, 50.0, 50.0, 0.0)
    spike, blob = np.zeros((12, 12)), gabor(5.5, 5.5, 0.0, 0.0, 2.5, 2.5, 0.0)
    spike[4, 7] = 1
    fit = fit_gabors(np.array([edge, grating, spike, blob, np.ones((12, 12))]))
    assert fit.explained.min() > 0.99
    np.testing.assert_array_equal(fit.edges(12), [True, False, False, False, False])
    assert not fit.edges(12, threshold=1.0).any()


def test_nothing_is_not_explained():
    assert fit_gabors(np.zeros((1, 12, 12))).explained[0] == 0
    with pytest.raises(ValueError, match="must have shape"):
        fit_gabors(np.zeros((12, 12)))
    with pytest.raises(ValueError, match="must be finite"):
        fit_gabors(np.full((1, 12, 12), np.nan))
