"""The largest family: its gradient, its multiplier, and that it finds what a network ignores."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

import kinv
from kinv.models import InvariantTransformer
from kinv.models.invariant_transformer.lie_generator import START_OF_SPACE
from kinv.models.invariant_transformer.objectives import RATE, margins
from kinv.models.invariant_transformer.start import LIMIT, SMALLEST, start_sizes
from kinv.ops import lie

from .test_model import brightness_blind, colored_images


def test_margins_are_the_label_against_the_best_of_the_others():
    logits = np.array([[3.0, 1.0, -2.0], [0.0, 5.0, 4.0]], "float32")
    np.testing.assert_allclose(margins(logits, np.array([0, 2])), [2.0, -1.0])


def test_without_a_share_to_keep_volume_alone_is_maximised():
    """The gradient of the trace is the identity: the whole diagonal grows alike."""
    images, labels = colored_images(np.random.default_rng(0), 8)
    transformer = InvariantTransformer(brightness_blind(), seed=3)
    transformer.multiplier.assign(0.0)
    before = ops.convert_to_numpy(transformer.space_generator.weight)
    transformer.compile(keras.optimizers.SGD(1.0), run_eagerly=True)
    transformer.train_on_batch(images, labels)
    after = ops.convert_to_numpy(transformer.space_generator.weight)
    np.testing.assert_allclose(after - before, np.eye(6) / 18, atol=1e-6)


def test_the_multiplier_grows_while_too_little_is_kept_and_shrinks_otherwise():
    images, labels = colored_images(np.random.default_rng(0), 8)
    for threshold in (1.0, 0.2):
        transformer = InvariantTransformer(brightness_blind(), accuracy_threshold=threshold)
        transformer.color_generator.weight.assign(np.log(3) * np.eye(12))
        transformer.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
        before = float(transformer.multiplier)
        logs = transformer.train_on_batch(images, labels, return_dict=True)
        assert 0.2 < logs["accuracy"] < 1 and logs["own_accuracy"] == 1
        expected = before * np.exp(RATE * (threshold - logs["accuracy"]))
        assert float(transformer.multiplier) == pytest.approx(expected)


def without_trace(matrix):
    """What changes a family's shape, flat."""
    return (matrix - np.trace(matrix) / len(matrix) * np.eye(len(matrix))).ravel()


def test_the_gradient_in_space_is_that_of_backpropagation_where_the_network_is_smooth():
    images, labels = colored_images(np.random.default_rng(0), 12_000)
    images, labels = images[labels == 0], labels[labels == 0]
    images[:, :, 8:, 0] = 0  # the colour that decides is on the left
    transformer = InvariantTransformer(brightness_blind(), smoothing=0.2, seed=3)
    generator = transformer.space_generator
    generator.weight.assign_add(0.1 * np.random.default_rng(1).normal(size=(6, 6)))
    transformer.multiplier.assign(1e4)
    before = transformer.get_weights()
    start = ops.convert_to_numpy(generator.weight)
    transformer.compile(keras.optimizers.SGD(1.0), run_eagerly=True)
    transformer.train_on_batch(images, labels)
    estimated = without_trace(ops.convert_to_numpy(generator.weight) - start)

    transformer.set_weights(before)
    own = transformer.frozen.model(images)
    temperature = 0.5 * ops.mean(ops.abs(margins(own, labels)))
    with tf.GradientTape() as tape:
        color, space = transformer.matrices(*transformer.draw(len(images)))
        logits = transformer.classify(images, labels, ops.stop_gradient(color), space)[1]
        share = ops.mean(ops.sigmoid(margins(logits, labels) / temperature))
    exact = without_trace(ops.convert_to_numpy(tape.gradient(share, generator.weight.value)))
    cosine = estimated @ exact / np.linalg.norm(estimated) / np.linalg.norm(exact)
    assert cosine > 0.9
    assert np.linalg.norm(estimated) == pytest.approx(1e4 / 18 * np.linalg.norm(exact), rel=0.25)


@pytest.mark.parametrize(("kept", "said"), [(0.7, "is too large"), (0.99, "could be larger"), (0.87, None)])
def test_a_share_that_was_missed_is_said(kept, said):
    objective = InvariantTransformer().objective
    found = objective.complaint({"accuracy": [0.9, kept], "own_accuracy": [1.0, 1.0]}, 0.9)
    assert found is None if said is None else (said in found and f"{kept:.2f}" in found and "0.90" in found)


def test_images_that_do_not_count_do_not_move_it():
    images, labels = colored_images(np.random.default_rng(0), 8)
    weights = np.array([1, 1, 1, 1, 0, 0, 0, 0], "float32")
    moved = []
    for last in (images[4:], 255 - images[4:]):
        transformer = InvariantTransformer(brightness_blind(), seed=3)
        transformer.compile(keras.optimizers.SGD(1.0), run_eagerly=True)
        transformer.train_on_batch(np.concatenate([images[:4], last]), labels, sample_weight=weights)
        moved.append(ops.convert_to_numpy(transformer.color_generator.weight))
    np.testing.assert_allclose(*moved, atol=1e-5)


def test_the_start_is_half_as_far_as_nearly_all_is_kept():
    ends = np.array([0.3, 1e-9, np.inf])  # where the share that stays falls from 1 to 0.9, along each of three

    def share(member):
        return 1 - 0.1 * float((np.abs(member) > ends).any())

    np.testing.assert_allclose(start_sizes(share, 3), [0.14, SMALLEST / 2, LIMIT / 2])


def test_adapting_sets_the_start_by_what_the_network_ignores():
    images, labels = colored_images(np.random.default_rng(0), 24)
    transformer = InvariantTransformer(brightness_blind(), fill="reflect")
    transformer.adapt(images, labels)
    color, space = (ops.convert_to_numpy(g.reach()) for g in (transformer.color_generator, transformer.space_generator))
    np.testing.assert_allclose(color, np.diag(np.diag(color)), atol=1e-6)
    by_generator = dict(zip(lie.color_generators(3), np.diag(color), strict=True))
    assert by_generator["shift of light"] > 2 * by_generator["shift of red-green"]
    np.testing.assert_allclose(space, START_OF_SPACE * np.eye(6), atol=1e-6)
    with pytest.raises(ValueError, match="family 'paper'"):
        InvariantTransformer(brightness_blind(), family="paper").adapt(images)
    with pytest.raises(ValueError, match="set_classifier"):
        InvariantTransformer().adapt(images)


@pytest.mark.long
@pytest.mark.xfail(reason="it ends at another share than was asked for: the multiplier is too slow", strict=True)
def test_it_reaches_far_where_the_network_ignores_and_not_where_it_looks():
    """The network compares channels: the brightness of all may shift, the difference of red and green may not.

    Colours are close to grey: classes swap where red and green shift by 0.04, images saturate where light shifts
    by 0.7.
    """
    images, labels = colored_images(np.random.default_rng(0), 256)
    images = 128 + 0.3 * (images - 128)
    transformer = InvariantTransformer(brightness_blind(), accuracy_threshold=0.9, fill="reflect")
    transformer.adapt(images[:64], labels[:64])
    transformer.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.03, 480, 0.05)))
    history = transformer.fit(images, labels, epochs=30, batch_size=16, verbose=0).history
    assert np.mean(history["accuracy"][-5:]) == pytest.approx(0.9, abs=0.05)
    reach = ops.convert_to_numpy(transformer.color_generator.reach())
    by_generator = dict(zip(lie.color_generators(3), np.linalg.norm(reach, axis=1), strict=True))
    assert by_generator["shift of light"] > 4 * by_generator["shift of red-green"]
    assert by_generator["shift of light"] > 4 * by_generator["shift of blue-yellow"]


@pytest.mark.long
def test_an_artifact_and_its_savedmodel_bring_it_back(tmp_path, images):
    transformer = InvariantTransformer(channels=3, seed=2)
    weight = transformer.color_generator.weight
    weight.assign_add(0.2 * np.random.default_rng(0).normal(size=weight.shape))
    kinv.save(transformer, tmp_path / "mine", {"name": "mine"})
    again = kinv.load(tmp_path / "mine")
    np.testing.assert_array_equal(again.augment(images, 3), transformer.augment(images, 3))
    served = tf.saved_model.load(str(tmp_path / "mine" / "saved_model"))
    k_color, k_space = (ops.convert_to_numpy(k).astype("float32") for k in transformer.draw(len(images)))
    moved = served.transform(tf.constant(images), tf.constant(k_color), tf.constant(k_space))
    np.testing.assert_allclose(moved, transformer.transform(images, k_color, k_space), atol=1e-2)
    unmoved = served.transform(tf.constant(images), tf.fill((len(images), 12), 0.5), tf.fill((len(images), 6), 0.5))
    np.testing.assert_array_equal(unmoved, images)
