"""Traced manifolds against closed forms, and their constraints."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import kinv
from kinv.analysis import tap
from kinv.ops.whitening import ZcaWhitening

from .test_maximization import SIZE, deep, linear, quadratic, symmetric

EPSILONS = np.linspace(0, 2, 9)


def first_eigenvectors(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return values[::-1], vectors[:, ::-1].astype("float32")


def whitening(seed=0):
    random = np.random.default_rng(seed)
    return ZcaWhitening(random.normal(size=(500, SIZE)) @ random.normal(size=(SIZE, SIZE)))


@pytest.mark.parametrize("white", [False, True])
def test_a_quadratic_unit_turns_towards_its_second_eigenvector(white):
    matrix = symmetric()
    values, vectors = first_eigenvectors(matrix)
    found = kinv.trace_manifold(
        quadratic(matrix), "quadratic", 0, 3 * vectors[None, :, 0], EPSILONS, whitening() if white else None,
        threshold=1e-7, steps=1000,
    )  # fmt: skip
    cosines = 1 - EPSILONS**2 / 2
    expected = 9 * (cosines**2 * values[0] + (1 - cosines**2) * values[1])
    np.testing.assert_allclose(found.best_activations[0], expected, rtol=1e-3, atol=1e-2)
    assert found.constraint_errors().max() < 1e-5


@pytest.mark.parametrize("white", [False, True])
def test_constraints_hold_at_every_point(white):
    model = deep()
    optimum = kinv.maximize_activation(model, "second", norm=2.0).best
    found = kinv.trace_manifold(model, "second", None, optimum, whitening=whitening() if white else None, starts=3)
    assert found.inputs.shape == (7, 3, 21, SIZE)
    assert found.constraint_errors().max() < 1e-4
    np.testing.assert_allclose(found.inputs[:, :, 0], np.repeat(optimum[:, None], 3, axis=1), atol=1e-5)
    np.testing.assert_allclose(found.inputs[:, :, -1], -np.repeat(optimum[:, None], 3, axis=1), atol=1e-5)
    received = ops.convert_to_numpy(tap(model, "second").all_activations(found.inputs.reshape(-1, SIZE)))
    received = received.reshape(*found.activations.shape, 7)
    for unit in range(7):
        np.testing.assert_allclose(found.activations[unit], received[unit, ..., unit], atol=1e-4)


def test_points_between_optimum_and_its_opposite_are_optima_themselves(random):
    model = deep()
    optimum = kinv.maximize_activation(model, "second", 1, norm=2.0).best
    found = kinv.trace_manifold(model, "second", 1, optimum, [0.5, 1.0, 1.5], threshold=1e-7, steps=2000, starts=6)
    axis = optimum[0] / 2
    for index, epsilon in enumerate(found.epsilons):
        best = found.inputs[0, found.activations[0, :, index].argmax(), index]
        near = best + 0.1 * random.normal(size=(300, SIZE))
        across = near - (near @ axis)[:, None] * axis
        cosine = 1 - epsilon**2 / 2
        near = 2 * (cosine * axis + np.sqrt(1 - cosine**2) * across / np.linalg.norm(across, axis=1, keepdims=True))
        around = ops.convert_to_numpy(tap(model, "second", 1).activations(near.astype("float32")))
        assert around.max() <= found.activations[0, :, index].max() + 1e-4


def test_a_linear_unit_falls_as_a_cosine():
    model = linear()
    optimum = kinv.maximize_activation(model, "units", norm=2.0, threshold=1e-7).best
    found = kinv.trace_manifold(model, "units", None, optimum, EPSILONS)
    expected = (1 - EPSILONS**2 / 2) * found.activations[:, :, :1]
    np.testing.assert_allclose(found.activations, expected, atol=1e-3)


def test_the_better_of_both_solutions_is_taken():
    vectors = keras.Input((2,))
    hidden = layers.Dense(3, "relu", name="hidden")
    last = layers.Dense(1, name="unit")
    model = keras.Model(vectors, last(hidden(vectors)))
    hidden.set_weights([np.array([[0.0, 0.0, 1.0], [1.0, -1.0, 0.0]]), np.zeros(3)])
    last.set_weights([np.array([[1.0], [3.0], [1.0]]), np.zeros(1)])  # x + y where y > 0, and x + 3 |y| below
    optimum = np.array([[1.0, 0.0]], "float32")
    found = kinv.trace_manifold(model, "unit", 0, optimum, [1.0], starts=8)
    assert (found.inputs[0, :, 0, 1] < 0).all()  # in two dimensions there are only two points: whichever start
    np.testing.assert_allclose(found.activations[0, :, 0], 0.5 + 3 * np.sqrt(0.75), rtol=1e-5)


def test_starts_differ_and_seeds_do_not(random):
    model = deep(3)
    optimum = kinv.maximize_activation(model, "second", 0, norm=2.0).best
    first, again = (kinv.trace_manifold(model, "second", 0, optimum, [0.3], steps=2, starts=4) for _ in range(2))
    np.testing.assert_array_equal(first.inputs, again.inputs)
    assert np.abs(first.inputs[0, 0] - first.inputs[0, 1]).max() > 1e-3


def test_a_dead_unit_is_reported():
    model = linear()
    kernel, bias = model.get_layer("units").get_weights()
    kernel[:, 1] = 0
    model.get_layer("units").set_weights([kernel, bias])
    found = kinv.trace_manifold(model, "units", None, np.ones((4, SIZE)), EPSILONS)
    np.testing.assert_array_equal(found.dead, [False, True, False, False])
    assert np.isnan(found.activations[1]).all() and np.isfinite(found.activations[[0, 2, 3]]).all()
    assert np.isfinite(found.inputs).all()


@pytest.mark.release
def test_batches_change_nothing():
    model = deep()
    optimum = kinv.maximize_activation(model, "second", norm=2.0).best
    settings = {"epsilons": [0.5, 1.0], "threshold": 0.0, "steps": 10}
    whole = kinv.trace_manifold(model, "second", None, optimum, **settings)
    small = kinv.trace_manifold(model, "second", None, optimum, **settings, batch_size=5)
    np.testing.assert_allclose(small.inputs, whole.inputs, atol=2e-3)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"epsilons": [0, 2.1]}, r"must lie in 0..2"),
        ({"epsilons": [-0.1]}, r"must lie in 0..2"),
        ({"epsilons": [1, 0.5]}, "must increase"),
        ({"epsilons": []}, r"must lie in 0..2"),
        ({"epsilons": [np.nan]}, r"must lie in 0..2"),
        ({"optimum": np.ones((3, SIZE))}, r"optimum must have shape \(4, 6\)"),
        ({"optimum": np.zeros((4, SIZE))}, "zero or not finite"),
        ({"starts": 0}, "at least 1"),
        ({"batch_size": 0}, "batch_size must be at least 1, received 0"),
        (
            {"whitening": ZcaWhitening(np.eye(4))},
            "whitening must be fitted to vectors of 6 values, .* received one of 4",
        ),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        kinv.trace_manifold(linear(), "units", None, **{"optimum": np.ones((4, SIZE)), **settings})
