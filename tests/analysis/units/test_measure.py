"""The measure of invariance: linear units have the closed form's, and flatter ones more."""

import keras
import numpy as np
import pytest
from keras import layers

import kinv
from kinv.analysis.units.measure import areas_under

from .test_maximization import SIZE, deep, linear


def test_linear_units_have_the_area_under_a_parabola():
    model = linear(20)
    (measured,) = kinv.measure_invariance(model, ["units"], norm=2.0, threshold=1e-6)
    np.testing.assert_allclose(measured.areas, 2 * np.sqrt(2) / 3, atol=0.01)
    assert measured.low <= measured.area <= measured.high and measured.counted == 20
    assert measured.area == pytest.approx(2 * np.sqrt(2) / 3, abs=0.01)
    np.testing.assert_allclose(measured.log_sigmoid, np.log(1 / (1 + np.exp(-measured.activations))), rtol=1e-5)


def test_a_unit_that_ignores_a_direction_is_more_invariant():
    vectors = keras.Input((SIZE,))
    pairs = layers.Dense(2, name="pair")(vectors)
    model = keras.Model(vectors, layers.Dot(axes=1, name="energy")([pairs, pairs]))  # of two directions, alike
    model.get_layer("pair").set_weights([np.eye(SIZE)[:, :2], np.zeros(2)])
    plain, energy = kinv.measure_invariance(model, ["pair", "energy"], norm=2.0, threshold=1e-6)
    assert energy.area > 1.9 and plain.area < 0.97  # a way round the circle keeps the energy


def test_the_interval_holds_the_mean_of_many_more_units():
    few, many = (kinv.measure_invariance(deep(), ["second"], 2.0, count, starts=2)[0] for count in (4, 7))
    assert len(few.units) == 4 and few.low < many.area < few.high


def test_areas():
    activations = np.array([[2.0, -1.0], [-1.0, 0.0], [np.nan, np.nan]])
    np.testing.assert_array_equal(areas_under(activations, np.array([0.0, 1.0])), [0.5, np.nan, np.nan])


def test_wrong_requests():
    with pytest.raises(ValueError, match="names of layers, received 'units'"):
        kinv.measure_invariance(linear(), "units", 1.0)
    model = linear()
    model.set_weights([0 * weights for weights in model.get_weights()])
    with pytest.raises(ValueError, match="No unit of 'units' has a positive activation"):
        kinv.measure_invariance(model, ["units"], 1.0)
