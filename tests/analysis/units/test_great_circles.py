"""Directions of least curvature against whole Hessians, and what they keep beside traced manifolds."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import kinv
from kinv import backend
from kinv.analysis import follow_great_circles, tap
from kinv.analysis.units.great_circles import lanczos

from .test_maximization import SIZE, deep, linear, quadratic, symmetric

EPSILONS = np.linspace(0, 2, 9)


def on_wide_input(seed=0, size=40):
    vectors = keras.Input((size,))
    x = layers.Dense(30, "sigmoid", name="first")(vectors)
    model = keras.Model(vectors, layers.Dense(3, name="second")(x))
    random = np.random.default_rng(seed)
    model.set_weights([random.normal(size=weights.shape) for weights in model.get_weights()])
    return model


def whole_hessian(model, unit, x):
    """From rows of Hessian-vector products, checked by finite differences elsewhere."""
    tapped = tap(model, "second", unit)
    times = backend.hessian_product(lambda x: tapped.activations(x)[:, 0])
    return ops.convert_to_numpy(times(np.repeat(x[None], len(x), axis=0), np.eye(len(x), dtype="float32")))


def test_products_against_finite_differences(random):
    tapped = tap(deep(), "second", 2)
    x, v = random.normal(size=(2, 5, SIZE)).astype("float32")

    def gradient(x):
        return ops.convert_to_numpy(backend.value_and_grad(lambda x: tapped.activations(x)[:, 0])(x)[1][0])

    product = backend.hessian_product(lambda x: tapped.activations(x)[:, 0])(x, v)
    np.testing.assert_allclose(product, (gradient(x + 1e-2 * v) - gradient(x - 1e-2 * v)) / 2e-2, atol=2e-2)


def test_lanczos_against_whole_matrices(random):
    matrices = random.normal(size=(3, 30, 30))
    matrices = matrices + matrices.transpose(0, 2, 1)
    matrices[1] = np.diag([5.0, 5.0, -3.0, *np.zeros(27)])  # maps a space of three dimensions into itself
    matrices[2] = 0
    values, vectors = lanczos(
        lambda v: np.einsum("bij,bj->bi", matrices, v), lambda: random.normal(size=(3, 30)), steps=29
    )
    exact = np.linalg.eigvalsh(matrices)
    np.testing.assert_allclose(values[:, -1], exact[:, -1], atol=0.02)
    np.testing.assert_allclose(values[:, 0], exact[:, 0], atol=0.02)
    np.testing.assert_allclose(np.einsum("bid,bjd->bij", vectors, vectors), np.tile(np.eye(29), (3, 1, 1)), atol=1e-8)


def test_geodesics_of_a_quadratic_unit_are_the_manifold():
    matrix = symmetric()
    values, vectors = np.linalg.eigh(matrix)
    optimum = 3 * vectors[None, :, -1].astype("float32")
    found = follow_great_circles(quadratic(matrix), "quadratic", 0, optimum, EPSILONS, directions=2, products=SIZE - 1)
    cosines = 1 - EPSILONS**2 / 2
    for index, value in enumerate((values[-2], values[-3])):
        expected = 9 * (cosines**2 * values[-1] + (1 - cosines**2) * value)
        np.testing.assert_allclose(found.activations[0, index], expected, rtol=1e-4, atol=1e-3)
        np.testing.assert_allclose(found.activations[0, index + 2], expected, rtol=1e-4, atol=1e-3)
    assert found.inputs.shape == (1, 4, 9, SIZE)
    assert found.constraint_errors().max() < 1e-5


def test_directions_are_those_of_the_whole_hessian():
    model = on_wide_input()
    optimum = kinv.maximize_activation(model, "second", 1, norm=2.0, threshold=1e-6, steps=500).best
    hessian = whole_hessian(model, 1, optimum[0]).astype("float64")
    axis = optimum[0] / np.linalg.norm(optimum[0])
    across = np.eye(40) - np.outer(axis, axis)
    _, vectors = np.linalg.eigh(across @ hessian @ across - 1e3 * np.outer(axis, axis))
    found = follow_great_circles(model, "second", 1, optimum, [0.0, np.sqrt(2)], directions=1, products=30)
    way = found.inputs[0, 0, 1] / np.linalg.norm(found.inputs[0, 0, 1])
    assert abs(way @ vectors[:, -1]) > 0.99
    other = follow_great_circles(model, "second", 1, optimum, [0.0, np.sqrt(2)], "hessian", directions=1, products=39)
    way = other.inputs[0, 0, 1] / np.linalg.norm(other.inputs[0, 0, 1])
    size = np.abs(np.linalg.eigvalsh(hessian))
    assert np.linalg.norm(hessian @ way) < 0.02 * size.max()  # ten of its forty eigenvalues are zero


@pytest.mark.release
def test_traced_manifolds_keep_more():
    model = on_wide_input()
    optimum = kinv.maximize_activation(model, "second", norm=2.0).best
    traced = kinv.trace_manifold(model, "second", None, optimum, EPSILONS, threshold=1e-7, steps=3000)
    for curvature in ("geodesic", "hessian"):
        circles = follow_great_circles(model, "second", None, optimum, EPSILONS, curvature)
        assert (traced.best_activations >= circles.best_activations - 1e-4).all()
        assert (traced.best_activations[:, 4] > circles.best_activations[:, 4]).all()


def test_units_without_second_derivatives_and_dead_ones():
    model = linear()
    kernel, bias = model.get_layer("units").get_weights()
    kernel[:, 1] = 0
    model.get_layer("units").set_weights([kernel, bias])
    optimum = (kernel / np.maximum(np.linalg.norm(kernel, axis=0), 1e-9) + 1e-3).T
    for curvature in ("geodesic", "hessian"):
        found = follow_great_circles(
            model,
            "units",
            None,
            optimum,
            EPSILONS,
            curvature,
            directions=2,
            batch_size=3,  # fewer values than products
        )
        np.testing.assert_array_equal(found.dead, [False, True, False, False])
        assert np.isnan(found.activations[1]).all()
        expected = (1 - EPSILONS**2 / 2) * found.activations[[0, 2, 3]][:, :, :1]
        np.testing.assert_allclose(found.activations[[0, 2, 3]], expected, atol=0.02)
        assert found.constraint_errors().max() < 1e-5


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"curvature": "flat"}, r"curvature must be one of 'geodesic', 'hessian', received 'flat'"),
        ({"directions": 0}, "1 <= directions <= products < 6, .* received 0 and 4"),
        ({"products": SIZE}, "1 <= directions <= products < 6"),
        ({"optimum": np.zeros((4, SIZE))}, "zero or not finite"),
        ({"epsilons": [3.0]}, r"must lie in 0..2"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
    ],
)
def test_wrong_settings(settings, message):
    given = {"optimum": np.ones((4, SIZE)), "directions": 2, "products": 4, **settings}
    with pytest.raises(ValueError, match=message):
        follow_great_circles(linear(), "units", None, **given)
