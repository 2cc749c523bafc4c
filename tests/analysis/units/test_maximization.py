"""Activation maximisation against optima that are known."""

import math

import keras
import numpy as np
import pytest
from keras import layers, ops

import kinv
from kinv.analysis import tap
from kinv.analysis.units import ascent as unit_ascent
from kinv.ops.dct import CosineImages, cosine_basis

SIZE = 6


def linear(units=4):
    vectors = keras.Input((SIZE,))
    return keras.Model(vectors, layers.Dense(units, "sigmoid", name="units")(vectors))


def quadratic(matrix):
    """`x' A x`, whose maximum on the sphere is the first eigenvector."""
    vectors = keras.Input((len(matrix),))
    times = layers.Dense(len(matrix), use_bias=False, name="times")
    model = keras.Model(vectors, layers.Dot(axes=1, name="quadratic")([vectors, times(vectors)]))
    times.set_weights([matrix])
    return model


def symmetric(size=SIZE, seed=0):
    matrix = np.random.default_rng(seed).normal(size=(size, size)).astype("float32")
    return matrix + matrix.T


def deep(seed=0):
    vectors = keras.Input((SIZE,))
    x = layers.Dense(20, "tanh", name="first")(vectors)
    model = keras.Model(vectors, layers.Dense(7, "sigmoid", name="second")(x))
    random = np.random.default_rng(seed)
    model.set_weights([random.normal(size=weights.shape) for weights in model.get_weights()])
    return model


def photographic():
    images = keras.Input((10, 12, 3))
    x = layers.Conv2D(4, 3, activation="relu", name="convolution")(layers.Rescaling(1 / 255)(images))
    return keras.Model(images, layers.Dense(2, name="logits")(layers.GlobalAveragePooling2D()(x)))


def test_units_of_the_first_layer_look_for_their_filters():
    model = linear()
    kernel = model.get_layer("units").get_weights()[0]
    found = kinv.maximize_activation(model, "units", norm=3.0, restarts=2)
    np.testing.assert_allclose(found.best, 3 * (kernel / np.linalg.norm(kernel, axis=0)).T, atol=0.01)
    np.testing.assert_allclose(found.best_activations, 3 * np.linalg.norm(kernel, axis=0), rtol=1e-3)
    assert found.converged.all() and not found.dead.any()
    assert found.inputs.shape == (4, 2, SIZE)
    np.testing.assert_allclose(np.linalg.norm(found.inputs, axis=-1), 3, rtol=1e-5)
    np.testing.assert_allclose(found.agreement, 1, atol=1e-4)
    assert found.spread.max() < 1e-3


def test_a_quadratic_unit_looks_for_its_first_eigenvector():
    matrix = symmetric()
    values, vectors = np.linalg.eigh(matrix)
    found = kinv.maximize_activation(quadratic(matrix), "quadratic", norm=2.0, threshold=1e-6, steps=500)
    np.testing.assert_allclose(found.best_activations, 4 * values[-1], rtol=1e-4)
    np.testing.assert_allclose(np.abs(found.best @ vectors[:, -1]), 2, rtol=1e-3)


def test_activations_are_the_networks_and_no_neighbour_on_the_sphere_has_more(random):
    model = deep()
    found = kinv.maximize_activation(model, "second", [1, 6], norm=2.0, threshold=1e-6, steps=1000)
    tapped = tap(model, "second", [1, 6])
    for index in range(2):
        received = ops.convert_to_numpy(tapped.activations(found.inputs[index]))
        np.testing.assert_allclose(found.activations[index], received[:, index], rtol=1e-5)
        near = found.best[index] + 0.1 * random.normal(size=(200, SIZE))
        near *= 2 / np.linalg.norm(near, axis=1, keepdims=True)
        around = ops.convert_to_numpy(tapped.activations(near.astype("float32")))[:, index]
        assert around.max() <= found.best_activations[index] + 1e-4
    assert found.activations.max(axis=1) == pytest.approx(found.best_activations)


def test_what_is_found_does_not_depend_on_other_units_or_on_the_batch():
    model = deep()
    whole = kinv.maximize_activation(model, "second", norm=2.0, restarts=5)
    alone = kinv.maximize_activation(model, "second", 3, norm=2.0, restarts=5)
    small = kinv.maximize_activation(model, "second", norm=2.0, restarts=5, batch_size=4)
    np.testing.assert_allclose(alone.inputs[0], whole.inputs[3], atol=2e-3)
    np.testing.assert_allclose(small.inputs, whole.inputs, atol=2e-3)
    np.testing.assert_array_equal(small.converged, whole.converged)


def test_seeds_and_starts():
    model = deep()
    first, again, other = (
        kinv.maximize_activation(model, "second", 0, restarts=2, steps=5, seed=seed).inputs for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3
    start = np.eye(SIZE, dtype="float32")[:3]
    given = kinv.maximize_activation(model, "second", 0, norm=1.0, start=start, steps=1)
    assert given.inputs.shape == (1, 3, SIZE)
    assert not given.converged.any()


def test_the_default_norm_is_that_of_noise():
    found = kinv.maximize_activation(linear(), "units", 0, restarts=1)
    assert np.linalg.norm(found.inputs) == pytest.approx(math.sqrt(SIZE / 3), rel=1e-5)


def test_dead_units_are_reported_and_others_are_not_hurt():
    model = deep()
    kernel, bias = model.get_layer("second").get_weights()
    kernel[:, 2] = 0
    model.get_layer("second").set_weights([kernel, bias])
    found = kinv.maximize_activation(model, "second", norm=2.0, restarts=3)
    np.testing.assert_array_equal(found.dead, (np.arange(7) == 2)[:, None] * np.ones(3, bool))
    assert np.isfinite(found.inputs).all()
    assert not found.converged[2].any() and found.converged[[0, 1, 3, 4, 5, 6]].all()


def test_weights_that_are_not_finite():
    model = deep()
    kernel, bias = model.get_layer("second").get_weights()
    kernel[0, 4] = np.nan
    model.get_layer("second").set_weights([kernel, bias])
    with pytest.raises(ValueError, match=r"weights up to .second. must be finite, but second/kernel holds NaN"):
        kinv.maximize_activation(model, "second")


def test_jitter_ends_where_the_last_pass_does_not_fill_the_batch():
    inputs = keras.Input((6, 6, 3))
    model = keras.Model(inputs, layers.Conv2D(11, 3, name="convolution")(inputs))
    found = kinv.maximize_activation(model, "convolution", restarts=1, steps=7, jitter=1, batch_size=8)
    assert found.converged.all() and np.isfinite(found.activations).all()


def test_images_in_a_box_with_jitter_and_waves_stay_in_their_range():
    model = photographic()
    found = kinv.maximize_activation(
        model, "convolution", norm=math.inf, restarts=2, steps=20, box=True, jitter=2, cosine_waves=True,
        variation_weight=1e-3,
    )  # fmt: skip
    assert found.inputs.shape == (4, 2, 10, 12, 3)
    assert found.inputs.min() >= -0.01 and found.inputs.max() <= 255.01
    received = ops.convert_to_numpy(tap(model, "convolution").activations(found.best))
    np.testing.assert_allclose(found.best_activations, np.diag(received), rtol=1e-4)
    start = kinv.maximize_activation(model, "convolution", norm=math.inf, restarts=2, steps=1, jitter=1, box=True)
    assert (found.best_activations > start.best_activations).all()


def test_variation_makes_images_smoother():
    def variation(images):
        return np.square(np.diff(images, axis=2)).sum() + np.square(np.diff(images, axis=1)).sum()

    rough, smooth = (
        kinv.maximize_activation(photographic_seeded(), "convolution", restarts=1, variation_weight=weight).best
        for weight in (0.0, 0.05)
    )
    assert variation(smooth) < 0.7 * variation(rough)


def photographic_seeded():
    keras.utils.set_random_seed(3)
    return photographic()


def test_cosine_waves_are_an_orthonormal_basis(random):
    basis = cosine_basis(9)
    np.testing.assert_allclose(basis @ basis.T, np.eye(9), atol=1e-6)
    images = random.normal(size=(2, 9, 7, 3)).astype("float32")
    waves = CosineImages(9, 7)
    np.testing.assert_allclose(waves.images(waves.amplitudes(images)), images, atol=1e-5)
    assert np.square(waves.expected).mean() == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"units": 9}, r"must lie in 0..3, received 9"),
        ({"start": np.zeros((2, 5))}, r"start must have shape \(restarts, 6\), received \(2, 5\)"),
        ({"start": np.zeros((0, 6))}, "start must hold at least one value"),
        ({"start": np.full((1, 6), np.nan)}, "start must be finite"),
        ({"norm": 0}, "norm must be positive"),
        ({"restarts": 0}, "restarts and steps must be at least 1"),
        ({"batch_size": 0}, "batch_size must be at least 1, received 0"),
        ({"jitter": 1}, "are for images"),
        ({"value_range": (1, 0)}, "the lower first"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        kinv.maximize_activation(linear(), "units", **settings)


def test_open_sizes_need_a_start():
    images = keras.Input((None, None, 1))
    model = keras.Model(images, layers.Conv2D(2, 3, name="convolution")(images))
    with pytest.raises(ValueError, match="pass a start"):
        kinv.maximize_activation(model, "convolution")
    found = kinv.maximize_activation(model, "convolution", start=np.ones((1, 5, 5, 1)), norm=2.0)
    assert found.best.shape == (2, 5, 5, 1)


def test_half_of_a_batch_is_left_when_few_are_under_way():
    batch = unit_ascent._idle(8, (2,))
    batch.items[[1, 6]] = [4, 7]
    batch.units[[1, 6]] = [3, 5]
    smaller = unit_ascent._without_idle_half(batch)
    assert len(smaller.items) == 4 and list(smaller.items[:2]) == [4, 7] and list(smaller.units[:2]) == [3, 5]
