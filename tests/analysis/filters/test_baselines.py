"""Filters that take no training: they have the shape that they are said to have, and move outputs as far as asked."""

import keras
import numpy as np
import pytest

from kinv.analysis.filters import baselines
from kinv.classifiers.patch_moments import patch_moments
from kinv.classifiers.replaced_filters import ReplacedFilters
from tests.classifiers.test_patch_moments import CONVOLUTIONS, network


@pytest.fixture(params=["same", "groups", "depthwise"])
def cut(request):
    return ReplacedFilters(network(CONVOLUTIONS[request.param]), "cut")


@pytest.fixture
def seen(random):
    return random.uniform(0, 255, (16, 12, 10, 3)).astype("float32")


@pytest.fixture
def moments(cut, seen):
    return patch_moments(cut, seen)


def kinds(cut, moments, seen, random, count):
    return {
        "isotropic": baselines.isotropic(moments, count, random),
        "whitened": baselines.whitened(moments, count, random),
        "laplace": baselines.laplace(moments, baselines.output_gradients(cut, seen), count, random),
        "low Fisher": baselines.low_fisher(moments, baselines.logit_slopes(cut, moments, seen), count, random),
        "shifted": baselines.shifted(moments, count, random),
        "rotated": baselines.rotated(moments),
    }


def test_all_move_outputs_as_far_as_asked(cut, moments, seen, random):
    for name, sets in kinds(cut, moments, seen, random, 4).items():
        count = 2 if name == "rotated" else 4
        still = sets.kernels(np.zeros(sets.count))
        np.testing.assert_allclose(still, np.stack([moments.kernel] * count), atol=1e-12)
        found = baselines.at_movement(sets, moments, 0.2)
        assert len(found) == count == sets.count, name
        np.testing.assert_allclose(moments.movements(found), 0.2, rtol=2e-3)
    assert not len(baselines.at_movement(baselines.rotated(moments), moments, 100.0))  # no turn goes so far


def test_whitened_noise_moves_outputs_alike_along_what_the_layer_sees(moments, random):
    """And every filter by as much of its deviation."""
    drawn = baselines.whitened(moments, 4000, random, ridge=1e-9).drawn / moments.deviation()
    columns = moments.columns(drawn)[:, 0]
    covariance = np.einsum("sdf,sef->de", columns, columns) / (columns.shape[0] * columns.shape[2])
    np.testing.assert_allclose(covariance @ moments.second[0], np.eye(len(covariance)), atol=0.35)


def test_laplace_has_the_covariance_of_both_factors(cut, moments, seen, random):
    gradients = baselines.output_gradients(cut, seen)
    count = len(gradients) // moments.groups
    drawn = moments.columns(baselines.laplace(moments, gradients, 6000, random, ridge=0.1).drawn)[:, 0]
    second, first = (
        matrix + 0.1 * np.linalg.eigvalsh(matrix).max() * np.eye(len(matrix))
        for matrix in (moments.second[0], gradients[:count, :count])
    )
    whitened = np.linalg.cholesky(second).T @ drawn @ np.linalg.cholesky(first)
    assert np.mean(np.square(whitened)) == pytest.approx(1, abs=0.05)
    over_filters = np.einsum("sdf,sdg->fg", whitened, whitened) / (whitened.shape[0] * whitened.shape[1])
    np.testing.assert_allclose(over_filters, np.eye(count), atol=0.1)


def test_gradients_are_those_of_the_fisher_information(random):
    """Of a network that is linear in the outputs, with the exact expectation over labels."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6, 6, 1))
    x = keras.layers.Conv2D(3, 3, name="cut")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(x)))
    cut, images = ReplacedFilters(model, "cut"), random.uniform(0, 1, (3000, 6, 6, 1)).astype("float32")
    chances = np.asarray(keras.ops.softmax(model(images)), "float64")
    weights = np.asarray(model.layers[-1].kernel, "float64") / 16  # of one of 4 x 4 places
    fisher = np.einsum("nc,cd->cd", chances, np.eye(4)) / len(images) - chances.T @ chances / len(images)
    found = baselines.output_gradients(cut, images)
    np.testing.assert_allclose(found, 16 * weights @ fisher @ weights.T, rtol=0.15, atol=0.02 * np.abs(found).max())


def test_slopes_are_of_mixtures_of_logits_with_mean_0(cut, moments, seen):
    slopes = baselines.logit_slopes(cut, moments, seen[:5], seed=3)
    mixture = np.random.default_rng(3).normal(size=(5, cut.classifier.output_shape[-1])).astype("float32")
    mixture -= mixture.mean(axis=1, keepdims=True)
    direction = np.random.default_rng(4).normal(size=moments.kernel.shape)
    entering, past = cut.enter(seen[:5])

    def mixed(step):
        outputs = cut.convolve(entering, (moments.kernel + step * direction).astype("float32"))
        return (np.asarray(cut.leave(outputs, past), "float64") * mixture).sum(axis=1)

    steps = 0.02
    numeric = (mixed(steps) - mixed(-steps)) / (2 * steps)
    found = (slopes * moments.columns(direction)).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(found, numeric, rtol=0.05, atol=0.02 * np.abs(numeric).max())


def test_low_fisher_directions_hardly_move_logits(cut, moments, seen, random):
    slopes = baselines.logit_slopes(cut, moments, np.tile(seen, (8, 1, 1, 1)))

    def moved(drawn):
        return np.sqrt(np.mean(np.square(np.einsum("ngdf,sgdf->ns", slopes, moments.columns(drawn)))))

    white = baselines.at_movement(baselines.whitened(moments, 20, random), moments, 0.1) - moments.kernel
    for ridge, share in ((1e-6, 0.05), (1e6, 1.0)):
        found = baselines.low_fisher(moments, slopes, 20, np.random.default_rng(0), ridge)
        low = baselines.at_movement(found, moments, 0.1) - moments.kernel
        assert moved(low) <= share * moved(white) * (1.3 if share == 1 else 1)
        assert share < 1 or moved(low) > 0.7 * moved(white)


def test_filters_are_shifted_by_pixels_and_turned_by_degrees():
    model = network(lambda: keras.layers.Conv2D(2, 3, name="cut", padding="same"))
    moments = patch_moments(ReplacedFilters(model, "cut"), np.full((2, 12, 10, 3), 9, "float32"))
    sets = baselines.shifted(moments, 1, np.random.default_rng(0))
    sets.drawn = np.array([0.5])  # down
    (down,) = sets.kernels(np.ones(1))
    np.testing.assert_allclose(down[1:], moments.kernel[:-1], atol=1e-9)
    np.testing.assert_allclose(down[0], 0, atol=1e-9)
    turned = baselines.rotated(moments)
    np.testing.assert_allclose(turned.kernels(np.full(2, 180.0))[0], moments.kernel[::-1, ::-1], atol=1e-9)
