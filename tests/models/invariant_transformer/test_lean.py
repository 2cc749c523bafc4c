"""A family with two lengths for each direction: where a network ignores more on one side."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import kinv
from kinv.models import InvariantTransformer
from kinv.models.invariant_transformer.lie_generator import LieGenerator
from kinv.models.invariant_transformer.volume import _leaning
from kinv.ops import lie


def leaning_generator(rows=3):
    random = np.random.default_rng(0)
    generator = LieGenerator(rows, symmetric=False)
    generator.build((None, generator.controls))
    generator.reach.assign(np.eye(generator.controls) + 0.3 * random.normal(size=generator.step.shape))
    generator.lean.assign(random.normal(size=generator.controls))
    return generator


def test_the_identity_is_in_the_middle_and_the_sides_have_lengths_of_their_own():
    generator = leaning_generator()
    middle = np.full((1, 12), 0.5)
    np.testing.assert_allclose(generator(middle)[0], np.eye(3, 4), atol=1e-6)
    ends = ops.convert_to_numpy(generator.along(np.array([np.zeros(12), np.ones(12)])))
    lean = np.tanh(generator.lean)
    np.testing.assert_allclose(ends, np.array([lean - 1, lean + 1]) / np.sqrt(1 + lean**2), rtol=1e-4, atol=1e-6)
    assert (ends[0] < 0).all() and (ends[1] > 0).all()


def test_its_volume_is_that_of_its_members():
    generator = leaning_generator()
    k = np.random.default_rng(1).uniform(size=(200_000, 12))
    members = ops.convert_to_numpy(generator.along(k)) @ ops.convert_to_numpy(generator.reach).T
    measured = np.linalg.slogdet(np.cov(members.T))[1] / 2
    assert float(generator.log_volume()) == pytest.approx(measured, abs=0.02)


def test_it_goes_as_far_on_average_whatever_the_lean():
    k = np.random.default_rng(1).uniform(size=(200_000, 12))
    np.testing.assert_allclose(np.square(leaning_generator().along(k)).mean(axis=0), np.full(12, 1 / 3), rtol=0.01)


def test_a_lean_ends_before_one_side_is_lost():
    generator = leaning_generator()
    generator.lean.assign(np.full(12, 50.0))
    generator.take_step()
    ends = ops.convert_to_numpy(generator.along(np.array([np.zeros(12), np.ones(12)])))
    assert (ends[0] < -0.02).all()


def test_what_it_gains_with_a_lean_is_the_derivative():
    generator = leaning_generator()
    k, lean = np.random.default_rng(0).uniform(size=(5, 12)), ops.convert_to_numpy(generator.lean)
    moved = []
    for step in (-1e-2, 1e-2):
        generator.lean.assign(lean + step)
        moved.append((ops.convert_to_numpy(generator.along(k)), float(generator.log_volume())))
    generator.lean.assign(lean)
    np.testing.assert_allclose(generator.leaning(k), (moved[1][0] - moved[0][0]) / 2e-2, atol=1e-3)
    of_volume = float(ops.sum(_leaning(generator.lean)))
    assert of_volume == pytest.approx((moved[1][1] - moved[0][1]) / 2e-2, abs=1e-2)


def test_without_a_lean_it_is_the_symmetric_family():
    leaning, symmetric = LieGenerator(2, symmetric=False), LieGenerator(2)
    k = np.random.default_rng(0).uniform(size=(5, 6))
    np.testing.assert_array_equal(leaning(k), symmetric(k))
    assert float(leaning.log_volume()) == pytest.approx(float(symmetric.log_volume()))
    assert symmetric.lean is None


def green_or_not():
    """A classifier of two classes that only reads how red or green an image is on average: the border is at 0."""
    inputs = layers.Input((8, 8, 3))
    logits = layers.Dense(2, use_bias=False)
    model = keras.Model(inputs, logits(layers.GlobalAveragePooling2D()(inputs)))
    logits.set_weights([np.outer(lie.OPPONENT[1], [-1, 1]) / 10])
    return model


def trained_on_green(symmetric):
    random = np.random.default_rng(0)
    amounts = np.stack([random.uniform(-20, 20, 128), np.full(128, -18.0), random.uniform(-20, 20, 128)], axis=1)
    means = (128 + amounts @ lie.OPPONENT)[:, None, None]
    images = np.broadcast_to(means, (128, 8, 8, 3)).astype("float32")
    transformer = InvariantTransformer(
        green_or_not(), symmetric=symmetric, accuracy_threshold=0.95, fill="nearest", seed=1
    )
    transformer.compile(keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 480, 0.05)))
    transformer.fit(images, np.zeros(128, int), epochs=60, batch_size=16, verbose=0)
    changes = ops.convert_to_numpy(transformer.augment(images, seed=1)) - images
    return transformer, changes.mean(axis=(1, 2)) @ lie.OPPONENT[1]


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:the family could be larger")  # it ends at the limits of space and of other colours
def test_it_reaches_farther_on_the_side_that_the_network_ignores():
    """Green images may become as green as they like; half as much the other way makes them red."""
    (leaning, moved), (symmetric, moved_alike) = (trained_on_green(symmetric) for symmetric in (False, True))
    assert moved.min() < -2 * moved.max(), (moved.min(), moved.max())
    assert moved_alike.min() > moved.min()
    volumes = [float(one.color_generator.log_volume()) for one in (leaning, symmetric)]
    assert volumes[0] > volumes[1], volumes


@pytest.mark.long
def test_its_artifact_brings_it_back(tmp_path, images):
    transformer = InvariantTransformer(channels=3, symmetric=False, beyond="tone", seed=2)
    for generator in transformer.parts():
        generator.lean.assign(np.linspace(-1, 1, generator.controls))
    kinv.save(transformer, tmp_path / "mine", {"name": "mine"})
    again = kinv.load(tmp_path / "mine")
    assert not again.symmetric
    np.testing.assert_array_equal(again.augment(images, 3), transformer.augment(images, 3))


def test_only_the_largest_family_has_two_lengths():
    with pytest.raises(ValueError, match="symmetric is of the largest family"):
        InvariantTransformer(channels=3, family="paper", symmetric=False)
