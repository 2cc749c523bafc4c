"""The comparison with random transformations, on classifiers whose answers are known."""

import keras
import numpy as np
import pytest
from keras import layers

from kinv import analysis
from kinv.models import InvariantTransformer


def constant_classifier():
    """Says class 1, whatever it sees."""
    inputs = layers.Input((8, 8, 3))
    logits = layers.Dense(3, name="logits")
    model = keras.Model(inputs, logits(layers.GlobalAveragePooling2D()(inputs)))
    logits.set_weights([np.zeros((3, 3), "float32"), np.array([0, 1, 0], "float32")])
    return model


def channel_classifier():
    """Says which colour channel is brightest."""
    inputs = layers.Input((8, 8, 3))
    return keras.Model(inputs, layers.GlobalAveragePooling2D()(inputs))


@pytest.fixture
def images(random):
    return random.uniform(0, 255, (30, 8, 8, 3)).astype("float32")


def test_a_constant_classifier_is_invariant_to_everything(images):
    labels = np.array([1, 0] * 15)
    comparison = analysis.compare_with_random(
        InvariantTransformer(), constant_classifier(), images, labels, draws=3, batch_size=4
    )
    metrics = comparison.metrics()
    assert comparison.learned_unchanged.shape == (3, 15)  # only the images that it gets right
    assert metrics["learned_unchanged"] == metrics["random_unchanged"] == metrics["learned_right"] == 1


def test_learned_and_random_matrices_have_the_same_distance(images):
    comparison = analysis.compare_with_random(
        InvariantTransformer(seed=5), channel_classifier(), images[:4], draws=1, seed=2
    )
    assert comparison.color_distance.shape == (1, 4)
    assert comparison.learned_right is None and "learned_right" not in comparison.metrics()
    from kinv.models.invariant_transformer.comparison import _distances, _random_like

    matrices = (np.eye(2, 3) + np.random.default_rng(0).normal(size=(50, 2, 3))).astype("float32")
    at_random = _random_like(matrices, np.random.default_rng(1))
    np.testing.assert_allclose(_distances(at_random), _distances(matrices), rtol=1e-5)
    directions = (at_random - np.eye(2, 3)) / _distances(matrices)[:, None, None]
    assert np.abs(directions.mean(0)).max() < 0.25  # no direction is preferred


def test_the_same_seed_gives_the_same_comparison(images):
    run = lambda seed: analysis.compare_with_random(  # noqa: E731
        InvariantTransformer(seed=5), channel_classifier(), images, draws=2, seed=seed
    )
    np.testing.assert_array_equal(run(1).random_unchanged, run(1).random_unchanged)
    assert (run(1).space_distance != run(2).space_distance).any()


def test_images_that_are_all_wrong_are_refused(images):
    with pytest.raises(ValueError, match="none of the 30 images"):
        analysis.compare_with_random(InvariantTransformer(), constant_classifier(), images, np.zeros(30, int))


def test_predictions_along_k_are_softmax_outputs(images):
    k = np.array([[0, 0], [0.5, 1]], "float32")
    softmax = analysis.predictions_along_k(InvariantTransformer(), channel_classifier(), images, k, k)
    assert softmax.shape == (2, 30, 3)
    np.testing.assert_allclose(softmax.sum(-1), 1, rtol=1e-5)
