"""Images that match activations: the objective is the paper's, it falls, and the middle stays where it is."""

import numpy as np
import pytest

from kinv import analysis
from kinv.models import FilterGAN

from .test_model import shown, small_classifier


@pytest.fixture(scope="module")
def gan():
    return FilterGAN(
        small_classifier(), "replaced", latent_dim=3, width=8, hidden_units=(16,), movement=None, centered=False, seed=4
    )


def objective(gan, found, codes, images, z, alpha_weight, variation_weight):
    """Section 4 and the prior of Mahendran and Vedaldi, in NumPy."""
    missed = np.asarray(gan.activations(found, codes)) - np.asarray(gan.activations(images, z))
    size = np.sum(np.asarray(gan.activations(images, z)) ** 2, axis=(1, 2, 3))
    unit = found / 255
    centred = unit - unit.mean(axis=(1, 2, 3), keepdims=True)
    variation = (np.diff(unit, axis=1) ** 2).sum(axis=(1, 2, 3)) + (np.diff(unit, axis=2) ** 2).sum(axis=(1, 2, 3))
    alpha = (centred**6).sum(axis=(1, 2, 3))
    return np.sum(missed**2, axis=(1, 2, 3)) / size + alpha_weight * alpha + variation_weight * variation


@pytest.mark.release
def test_the_grid_is_one_of_two_dimensions(gan):
    z, dimensions = np.array([[0.5, 1, 2], [3, 4, 5]]), np.array([[0, 2], [1, 0]])
    matches = analysis.match_activations(
        gan, shown(2), z=z, dimensions=dimensions, extent=2.0, cells=5, steps=1, seed=0
    )
    np.testing.assert_allclose(matches.codes[0, 2, 2], z[0])
    np.testing.assert_allclose(matches.codes[0, 0, 4], [0.5 - 2, 1, 2 + 2])
    np.testing.assert_allclose(matches.codes[1, 3, 0], [3 - 2, 4 + 1, 5])
    assert matches.images.shape == (2, 5, 5, 8, 8, 1)


@pytest.mark.release
def test_the_objective_is_the_papers_and_falls(gan):
    images, z = shown(2), np.random.default_rng(3).normal(size=(2, 3)).astype("float32")
    weights = {"alpha_weight": 1e-4, "variation_weight": 2e-4}
    matches = analysis.match_activations(gan, images, z=z, cells=3, steps=60, extent=1.0, **weights)
    for found, values in ((np.broadcast_to(images[:, None, None], matches.images.shape), matches.before),
                          (matches.images, matches.after)):  # fmt: skip
        expected = objective(
            gan,
            found.reshape(-1, 8, 8, 1).astype("float32"),
            matches.codes.reshape(-1, 3),
            np.repeat(images, 9, axis=0),
            np.repeat(z, 9, axis=0),
            *weights.values(),
        )
        np.testing.assert_allclose(values.ravel(), expected, rtol=1e-3, atol=1e-6)
    assert np.nanmedian(matches.fall) > 0.8
    assert matches.images.min() >= 0 and matches.images.max() <= 255
    assert np.isnan(matches.fall[:, 1, 1]).all()


def test_the_middle_stays_the_original(gan):
    images = shown(3)
    matches = analysis.match_activations(gan, images, cells=3, steps=40, variation_weight=1e-6)  # for white noise
    middle, corner = matches.images[:, 1, 1], matches.images[:, 0, 0]
    assert np.abs(middle - images).mean() < 2
    assert np.abs(corner - images).mean() > np.abs(middle - images).mean()


@pytest.mark.release
def test_outputs_of_a_layer_above_can_be_compared(gan):
    images, z = shown(1), np.ones((1, 3), "float32")
    weights = {"alpha_weight": 0.0, "variation_weight": 0.0}
    matches = analysis.match_activations(gan, images, z=z, cells=3, steps=3, compare_at="norm", **weights)
    norm = gan.cut.model.classifier.get_layer("norm")
    missed = norm(gan.activations(images, matches.codes[0, 0, :1])) - norm(gan.activations(images, z))
    size = np.sum(np.square(norm(gan.activations(images, z))))
    assert matches.before[0, 0, 0] == pytest.approx(float(np.sum(np.square(missed)) / size), rel=1e-3)
    with pytest.raises(ValueError, match=r"unknown layer 'below' above replaced. Known: .*, norm"):
        analysis.match_activations(gan, images, compare_at="below")


@pytest.mark.release
def test_a_seed_decides_and_images_do_not_depend_on_each_other(gan, monkeypatch):
    images = shown(2)
    z, dimensions = np.zeros((2, 3)), np.array([[0, 1], [1, 2]])
    options = {"cells": 3, "steps": 5}
    both = analysis.match_activations(gan, images, z=z, dimensions=dimensions, **options)
    monkeypatch.setattr("kinv.models.filter_gan.matching.CELLS", 7)
    second = analysis.match_activations(gan, images[1:], z=z[1:], dimensions=dimensions[1:], **options)
    np.testing.assert_allclose(second.images[0], both.images[1], atol=0.05)
    drawn = [analysis.match_activations(gan, images, seed=seed, **options).codes for seed in (1, 1, 2)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert np.abs(drawn[0] - drawn[2]).max() > 0


def test_wrong_arguments_are_refused(gan):
    for options, message in (
        ({"images": shown(1)[0]}, "images must have shape"),
        ({"images": shown(1)[:0]}, "images must have shape"),
        ({"images": shown(1), "cells": 4}, "odd number"),
        ({"images": shown(1), "z": np.zeros((1, 2))}, "must have shapes"),
        ({"images": shown(1), "dimensions": np.array([[0, 3]])}, "two different ones"),
        ({"images": shown(1), "dimensions": np.array([[1, 1]])}, "two different ones"),
        ({"images": shown(1), "steps": 0}, "steps must be"),
        ({"images": shown(1), "smoothing": -1.0}, "smoothing must be"),
    ):
        with pytest.raises(ValueError, match=message):
            analysis.match_activations(gan, **options)


def test_descents_can_begin_at_counterparts_but_for_the_middle():
    gan = FilterGAN(small_classifier(), "replaced", latent_dim=3, width=8, hidden_units=(16,), movement=0.7, seed=4)
    gan.adapt(shown(8))
    images, z = shown(2), np.random.default_rng(3).normal(size=(2, 3)).astype("float32")
    none = {"steps": 1, "alpha_weight": 0.0, "variation_weight": 0.0, "cells": 3, "extent": 2.0}
    found = analysis.match_activations(gan, images, z=z, from_counterparts=True, **none)
    np.testing.assert_allclose(found.images[:, 1, 1], images, atol=1e-4)
    undone = (z[:, None, None] - found.codes).reshape(-1, 3)
    expected = np.asarray(gan.counterpart(np.repeat(images, 9, axis=0), undone)).reshape(found.images.shape)
    corners = (slice(None), [0, 0, -1, -1], [0, -1, 0, -1])
    np.testing.assert_allclose(found.images[corners], expected[corners], atol=1.0)  # one small step away
    assert np.abs(expected[corners] - images[:, None]).mean() > 5
    plain = analysis.match_activations(gan, images, z=z, **none)
    np.testing.assert_allclose(found.before, plain.before, rtol=1e-5)  # at the image itself, both
