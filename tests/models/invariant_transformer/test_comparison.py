"""The comparison with random transformations, on classifiers whose answers are known."""

import keras
import numpy as np
import pytest
from keras import layers

import kinv
from kinv import analysis
from kinv.models import InvariantTransformer
from kinv.models.invariant_transformer import figures
from kinv.models.invariant_transformer.hand_made import (
    COLOR,
    SPACE,
    best_hand_made,
    hand_made_like,
    hand_made_matrices,
    reach,
)
from kinv.models.invariant_transformer.matrices import Matrices, distances, random_like


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


def test_a_hand_made_family_that_is_chosen_on_other_images_leaves_all_to_be_measured(images):
    grey = np.full((4, 8, 8, 3), 100, "float32") + np.array([50, 0, 0], "float32")
    found = analysis.compare_with_random(
        InvariantTransformer(family="paper", seed=5),
        channel_classifier(),
        images[:6],
        draws=1,
        hand_made=True,
        chosen_on=grey,
    )
    assert found.learned_unchanged.shape == found.hand_made_unchanged.shape == (1, 6)
    assert found.hand_made[0] == "shift sideways"  # of grey images all families keep everything: the first one


def test_learned_and_random_matrices_have_the_same_distance(images):
    comparison = analysis.compare_with_random(
        InvariantTransformer(family="paper", seed=5), channel_classifier(), images[:4], draws=1, seed=2
    )
    assert comparison.color_distance.shape == (1, 4)
    assert comparison.learned_right is None and "learned_right" not in comparison.metrics()
    matrices = (np.eye(2, 3) + np.random.default_rng(0).normal(size=(50, 2, 3))).astype("float32")
    at_random = random_like(matrices, np.random.default_rng(1))
    np.testing.assert_allclose(distances(at_random), distances(matrices), rtol=1e-5)
    directions = (at_random - np.eye(2, 3)) / distances(matrices)[:, None, None]
    assert np.abs(directions.mean(0)).max() < 0.25  # no direction is preferred


def test_the_same_seed_gives_the_same_comparison(images):
    run = lambda seed: analysis.compare_with_random(  # noqa: E731
        InvariantTransformer(family="paper", seed=5), channel_classifier(), images, draws=2, seed=seed
    )
    np.testing.assert_array_equal(run(1).random_unchanged, run(1).random_unchanged)
    assert (run(1).space_distance != run(2).space_distance).any()


def test_images_that_are_all_wrong_are_refused(images):
    with pytest.raises(ValueError, match="none of the 30 images"):
        analysis.compare_with_random(InvariantTransformer(), constant_classifier(), images, np.zeros(30, int))


def test_predictions_along_k_are_softmax_outputs(images):
    k = np.array([[0, 0], [0.5, 1]], "float32")
    paper = InvariantTransformer(family="paper")
    softmax = analysis.predictions_along_k(paper, channel_classifier(), images, k, k)
    assert softmax.shape == (2, 30, 3)
    np.testing.assert_allclose(softmax.sum(-1), 1, rtol=1e-5)


@pytest.mark.parametrize("name", [*SPACE, *COLOR])
@pytest.mark.parametrize("shape", [(8, 8, 3), (6, 24, 1), (24, 6, 3)])
def test_hand_made_families_have_the_distance_asked_for_or_are_refused(name, shape, random):
    farthest = min(reach(name, shape), 5.0)
    at = np.linspace(0, farthest, 40)
    matrices = hand_made_matrices(name, at, shape, random)
    assert matrices.shape == ((40, 2, 3) if name in SPACE else (40, shape[-1], shape[-1] + 1))
    found = np.linalg.norm(matrices - np.eye(*matrices.shape[1:]), axis=(1, 2))
    np.testing.assert_allclose(found, at, rtol=2e-2, atol=5e-3)
    if np.isfinite(reach(name, shape)):
        with pytest.raises(ValueError, match=rf"'{name}' is at most .* from the identity, asked for"):
            hand_made_matrices(name, at + 0.1, shape, random)


def test_a_family_that_does_not_reach_the_learned_distance_is_no_control(random):
    """The greyscale of grey images is the image itself: it would keep all predictions."""
    shape = (8, 8, 1)
    assert reach("greyscale", shape) == 0 and reach("less contrast", shape) == 1
    learned = Matrices(
        *(random_like(np.eye(*size)[None] + np.full((9, *size), 0.2), random) for size in ((1, 2), (2, 3)))
    )
    far = Matrices(np.full((1, 1, 2), 4.0), np.full((1, 2, 3), 2.5))
    seen = []

    def kept(pairs):
        seen.append(pairs)
        return -len(seen)  # the first is the best

    assert best_hand_made(kept, learned, learned, shape, 0) == ("shift sideways", "brightness")
    assert len(seen) == len(SPACE) + len(COLOR) - 1
    for pairs in seen:
        moved = [not np.allclose(distances(part), 0) for part in pairs[:2]]
        assert sorted(moved) == [False, True]  # each alone,
        which = moved.index(True)
        np.testing.assert_allclose(distances(pairs[which]), distances(learned[which]), rtol=2e-2)  # and as far
    seen.clear()
    best_hand_made(kept, learned, far, shape, 0)
    assert len(seen) == 3 + 2  # shifts and zooming out, brightness and more contrast
    both = hand_made_like(learned, "zoom out", "brightness", shape, 1)
    for part, like in zip(both[:2], learned[:2], strict=True):
        np.testing.assert_allclose(distances(part), distances(like), rtol=2e-2)


def gradient_classifier():
    """Is the left or the right half brighter? What it ignores: everything but shifts, mirrors and large turns."""
    inputs = layers.Input((8, 8, 3))
    halves = layers.AveragePooling2D((8, 4))(inputs)
    kernel = np.zeros((6, 2), "float32")
    kernel[:3, 0] = kernel[3:, 1] = 1
    logits = layers.Dense(2, name="logits")
    model = keras.Model(inputs, logits(layers.Flatten()(halves)))
    logits.set_weights([kernel, np.zeros(2, "float32")])
    return model


def test_a_family_is_held_against_the_best_hand_made_one(random):
    """It learned to shift upwards, which this network ignores, as some hand-made families, but not random ones."""
    images = random.uniform(0, 60, (40, 8, 8, 3)).astype("float32")
    images[::2, :, :2] += 100
    images[1::2, :, 6:] += 100
    transformer = InvariantTransformer(gradient_classifier())
    shift = np.array([[1, 0, 0], [0, 1, 1.6]], "float32")

    def matrices(k_color, k_space, images=None):
        return np.repeat(np.eye(3, 4, dtype="float32")[None], len(k_color), 0), np.repeat(shift[None], len(k_space), 0)

    transformer.matrices = matrices
    found = transformer.evaluate_invariance(images, draws=3, batch_size=7)
    assert found.learned_unchanged.shape == found.hand_made_unchanged.shape == (3, 20)
    np.testing.assert_allclose(found.space_distance, 1.6)
    assert found.learned_unchanged.all() and found.hand_made_unchanged.all() and not found.random_unchanged.all()
    assert found.hand_made[0] in ("shift up or down", "zoom out", "rotation")  # zooming in does not reach so far
    said = found.summary().splitlines()
    assert "keep 100.0% of the predictions (20 images x 3 draws" in said[0]
    assert ": fewer, by " in said[1] and len(said) == 4 and "of 6 directions" in said[3]
    assert "NOT clearly fewer: too few images to tell" in said[2]  # twenty, all kept by both
    assert "hand_made_unchanged" in found.to_frame() and found.metrics()["hand_made_unchanged"] == 1


def test_a_control_that_is_as_good_is_told_from_too_few_images():
    alike = np.arange(400)[None] % 10 > 0
    found = analysis.InvarianceComparison(alike, alike, None, None, np.ones((1, 400)), np.ones((1, 400)))
    assert "keep 90.0%: NOT fewer: they are as good as the learned ones, to within 5 points." in found.summary()
    few = analysis.InvarianceComparison(alike[:, :20], alike[:, :20], None, None, np.ones((1, 20)), np.ones((1, 20)))
    assert "NOT clearly fewer: too few images to tell" in few.summary()


def test_one_that_never_explored_says_so(images):
    transformer = InvariantTransformer(channel_classifier(), family="paper")
    assert "NEVER EXPLORED" in transformer.evaluate_invariance(images, draws=1).summary()
    with pytest.raises(ValueError, match="at least 4 images"):
        transformer.evaluate_invariance(images[:3])
    with pytest.raises(ValueError, match="draws and batch_size must be at least 1, received 0 and 50"):
        transformer.evaluate_invariance(images, draws=0)
    with pytest.raises(ValueError, match="set_classifier"):
        InvariantTransformer().evaluate_invariance(images)


def test_the_figure_shows_what_is_predicted(images):
    transformer = InvariantTransformer(kinv.wrap(channel_classifier(), class_names=["red", "green", "blue"]))
    figure = transformer.plot(images[:2])
    labels = [axis.get_xlabel() for axis in figure.axes]
    said = {figures.SAME, *("red", "green", "blue"), *(f"{figures.OTHER} {name}" for name in ("red", "green", "blue"))}
    assert len(labels) == 2 * 9 and set(labels) <= said
    expected = np.argmax(images[:2].mean(axis=(1, 2)), axis=-1)
    assert [labels[0], labels[9]] == [["red", "green", "blue"][index] for index in expected]
