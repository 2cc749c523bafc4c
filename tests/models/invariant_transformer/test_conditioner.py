"""A family that is conditioned on images: it goes farther for an image that bears more."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import kinv
from kinv.analysis import LearnedTransformation, compare_families
from kinv.models import InvariantTransformer
from kinv.models.invariant_transformer.batch import Batch
from kinv.models.invariant_transformer.conditioned import conditioned as conditioned_family
from kinv.models.invariant_transformer.conditioned import factors_of, for_images
from kinv.models.invariant_transformer.conditioner import MOST, Conditioner
from kinv.models.invariant_transformer.families import Generators
from kinv.models.invariant_transformer.matrices import Matrices, learned_and_random
from kinv.models.invariant_transformer.scaled_family import ScaledFamily
from kinv.models.invariant_transformer.variety import variety
from kinv.models.invariant_transformer.volume import _Conditioning
from kinv.ops import lie


def conditioned(**kwargs):
    """A family whose factors differ from image to image."""
    transformer = InvariantTransformer(channels=3, conditioned=True, seed=2, **kwargs)
    (kernel,) = transformer.conditioner.head.weights
    kernel.assign(0.05 * np.random.default_rng(0).normal(size=kernel.shape))
    transformer.conditioner.mean.assign(np.linspace(-0.3, 0.3, sum(transformer.controls)))
    return transformer


def test_factors_are_bounded_and_all_1_at_the_start(images):
    conditioner = Conditioner((12, 6))
    np.testing.assert_array_equal(conditioner(images), np.zeros((len(images), 18)))
    conditioner.mean.assign(np.linspace(50, -50, 18))
    found = ops.convert_to_numpy(conditioner(images))
    assert np.abs(found).max() <= MOST * 1.001 and found[0, 0] < -0.99 * MOST
    conditioner.forget()
    np.testing.assert_array_equal(conditioner(images), np.zeros((len(images), 18)))


def test_members_are_those_of_the_family_longer_or_shorter(images):
    transformer = conditioned()
    ks = [np.random.default_rng(0).uniform(size=(len(images), count)).astype("float32") for count in (12, 6)]
    maps = transformer.matrices(*ks, images=images)
    factors = np.exp(transformer.conditioner(images))
    assert np.ptp(factors, axis=0).max() > 0.05  # images differ
    for map_, generator, k, factor in zip(maps, transformer.parts(), ks, np.split(factors, [12], axis=1), strict=True):
        sizes = lie.sizes_of(lie.logarithm(ops.convert_to_numpy(map_).astype("float64")), generator.generators)
        wanted = (factor * (2 * k - 1)) @ ops.convert_to_numpy(generator.reach).T
        np.testing.assert_allclose(sizes, wanted, atol=1e-5)
    moved = transformer.transform(images, *ks)
    np.testing.assert_allclose(moved, transformer.apply_matrices(images, *maps), atol=1e-3)
    unmoved = transformer.transform(images, np.full(12, 0.5), np.full(6, 0.5))
    np.testing.assert_array_equal(unmoved, images)


def test_the_conditioner_climbs_volume_and_share(images):
    """Its direction is the gradient of what the outputs gain, by backpropagation."""
    conditioner = Conditioner((2, 1), seed=1)
    conditioner.build(images.shape)
    conditioner.head.kernel.assign(np.random.default_rng(0).normal(size=conditioner.head.kernel.shape))
    wanted = np.random.default_rng(1).normal(size=(len(images), 3)).astype("float32")
    weights = conditioner.trainable_variables
    with tf.GradientTape() as tape:
        loss = ops.sum((wanted - wanted.mean(axis=0)) * conditioner(images))
    exact = tape.gradient(loss, weights)
    batch = Batch(images, None, None, None)
    norm = tf.linalg.global_norm(exact)
    for found, gradient in zip(_Conditioning(conditioner, batch).direction(wanted), exact, strict=True):
        np.testing.assert_allclose(found, gradient / norm, rtol=1e-4, atol=1e-6)
    for _ in range(100):
        _Conditioning(conditioner, batch).direction(wanted)
    np.testing.assert_allclose(conditioner.mean, ops.mean(conditioner.raw(images), axis=0), rtol=1e-3, atol=1e-4)


def test_where_all_images_are_alike_it_is_a_longer_family(images):
    """Its members for an image, and its volume, are those of a family with these lengths."""
    transformer, longer = (InvariantTransformer(channels=3, conditioned=given, seed=2) for given in (True, False))
    random, lengths = np.random.default_rng(0), np.linspace(-0.8, 0.8, 18)
    transformer.conditioner.mean.assign(-MOST * np.arctanh(lengths / MOST))
    generators = Generators(3)
    members, wanted = [], []
    for one, other, part in zip(transformer.parts(), longer.parts(), np.split(lengths, [12]), strict=True):
        reach = one.start * (np.eye(one.controls) + 0.2 * random.normal(size=one.step.shape))
        one.reach.assign(reach)
        other.reach.assign(reach * np.exp(part))
        along = random.uniform(-1, 1, (200, one.controls))
        members.append(along @ reach.T)
        wanted.append(along @ (reach * np.exp(part)).T)
    members, wanted = (np.concatenate(parts, axis=1) for parts in (members, wanted))
    factors = factors_of(transformer, images)
    np.testing.assert_allclose(for_images(transformer, factors, members, generators), wanted, atol=1e-5)

    families = []
    for sizes in (members, wanted):
        maps = generators.maps(sizes)
        parts = {"space": variety(maps.space), "color": variety(maps.color)}
        families.append(ScaledFamily("learned", np.ones(4), 1.0, np.ones(4), -1.0, parts, 0.0))
    found, exact = conditioned_family(families[0], factors), families[1]
    for part in ("space", "color"):
        assert found.log_volume(part) == pytest.approx(exact.log_volume(part), abs=1e-3)


def test_members_for_images_in_turn_are_those_that_the_family_has_for_them(images):
    transformer, generators = conditioned(), Generators(3)
    random = np.random.default_rng(0)
    ks = [random.uniform(size=(2 * len(images), count)).astype("float32") for count in (12, 6)]
    members = generators.sizes(Matrices(*map(ops.convert_to_numpy, transformer.matrices(*ks))))
    found = for_images(transformer, factors_of(transformer, images), members, generators)
    maps = transformer.matrices(*ks, images=np.concatenate([images, images]))
    np.testing.assert_allclose(found, generators.sizes(Matrices(*map(ops.convert_to_numpy, maps))), atol=1e-4)


@pytest.mark.long
def test_it_is_compared_with_simple_families():
    images = np.random.default_rng(0).uniform(0, 255, (16, 12, 12, 3)).astype("float32")  # noise: small moves change it
    transformer = conditioned()
    seeded = layers.Dense(3, kernel_initializer=keras.initializers.RandomNormal(seed=0), name="logits")
    reads = keras.Sequential([layers.Input((12, 12, 3)), layers.Rescaling(1 / 255, -0.5), layers.Flatten(), seeded])
    found = compare_families(transformer, kinv.wrap(reads), images, calibrated_on=images, share=0.8, draws=4)
    longer = factors_of(transformer, images)
    for part, each in zip(("color", "space"), longer, strict=True):
        np.testing.assert_allclose(found.families[0].longer[part], np.log(each).sum(axis=1), rtol=1e-5)
    assert not found.families[1].longer and np.isfinite(found.larger_in_each()[1])


@pytest.mark.long
def test_it_is_screened_as_it_is_for_each_image(images):
    transformer = conditioned()
    reads = kinv.wrap(keras.Sequential([layers.Input((20, 24, 3)), layers.Flatten(), layers.Dense(3, name="logits")]))
    transformer.set_classifier(reads)
    learned, _ = learned_and_random(transformer, images, 2, 50, [0])
    random = np.random.default_rng([0])
    drawn = [random.uniform(size=(len(images), count)).astype("float32") for count in (12, 6)]
    np.testing.assert_allclose(learned.color[: len(images)], transformer.matrices(*drawn, images=images)[0], atol=1e-6)
    walk = LearnedTransformation(transformer, "color")
    ends = walk.apply(ops.convert_to_tensor(images), ops.ones(len(images)), "zeros", 0)
    k = walk.ends[1][0]
    np.testing.assert_allclose(ends, transformer.transform(images, k[0], np.full(6, 0.5)), atol=1e-3)


@pytest.mark.long
def test_its_artifact_and_savedmodel_bring_it_back(tmp_path, images):
    transformer = conditioned()
    kinv.save(transformer, tmp_path / "mine", {"name": "mine"})
    again = kinv.load(tmp_path / "mine")
    assert again.conditioned
    np.testing.assert_array_equal(again.augment(images, 3), transformer.augment(images, 3))
    served = tf.saved_model.load(str(tmp_path / "mine" / "saved_model"))
    ks = [ops.convert_to_numpy(k).astype("float32") for k in transformer.draw(len(images))]
    moved = served.transform(tf.constant(images), *(tf.constant(k) for k in ks))
    np.testing.assert_allclose(moved, transformer.transform(images, *ks), atol=1e-2)


@pytest.mark.release
def test_greyscale_images_and_flows_have_lengths_of_their_own(tmp_path):
    """One channel, three parts: trained, saved and compared like any other."""
    images = np.random.default_rng(0).uniform(0, 255, (16, 12, 12, 1)).astype("float32")
    seeded = layers.Dense(3, kernel_initializer=keras.initializers.RandomNormal(seed=0), name="logits")
    reads = keras.Sequential([layers.Input((12, 12, 1)), layers.Rescaling(1 / 255, -0.5), layers.Flatten(), seeded])
    network = kinv.wrap(reads)
    transformer = InvariantTransformer(
        network, conditioned=True, symmetric=False, beyond=("tone", "warp"), accuracy_threshold=0.8, seed=1
    )
    transformer.compile(keras.optimizers.SGD(0.05))
    transformer.fit(images, batch_size=8, epochs=3, verbose=0)
    factors = [ops.convert_to_numpy(part) for part in transformer.factors(images)]
    assert [part.shape[1] for part in factors] == [2, 6, 11]
    assert min(np.ptp(part, axis=0).max() for part in factors) > 0.01  # each part has learned some
    kinv.save(transformer, tmp_path / "mine", {"name": "mine"})
    again = kinv.load(tmp_path / "mine")
    np.testing.assert_allclose(again.augment(images, 3), transformer.augment(images, 3), atol=1e-2)
    found = compare_families(
        transformer, network, images, calibrated_on=images, share=0.8, draws=2, simple=("random directions",)
    )
    for part, each in zip(("color", "space", "beyond"), factors, strict=True):
        np.testing.assert_allclose(found.families[0].longer[part], np.log(each).sum(axis=1), rtol=1e-4)
    assert np.isfinite(found.larger_in_each()[1]) and "all_larger" in found.metrics()


@pytest.mark.long
def test_images_get_lengths_of_their_own_and_the_family_grows():
    """Green images: some a little, some clearly. A network tells green from red."""
    inputs = layers.Input((8, 8, 3))
    logits = layers.Dense(2, use_bias=False, name="logits")
    network = keras.Model(inputs, logits(layers.GlobalAveragePooling2D()(inputs)))
    logits.set_weights([np.outer(lie.OPPONENT[1], [-1, 1]) / 2])
    random = np.random.default_rng(0)
    near = np.arange(256) % 2 == 0
    amounts = np.stack([random.uniform(-20, 20, 256), np.where(near, -15, -60), random.uniform(-5, 5, 256)], axis=1)
    images = np.broadcast_to((128 + amounts @ lie.OPPONENT)[:, None, None], (256, 8, 8, 3)).astype("float32")
    volumes = {}
    for given in (False, True):
        transformer = InvariantTransformer(network, conditioned=given, accuracy_threshold=0.97, fill="nearest", seed=1)
        transformer.compile(keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.05, 600, 0.05)))
        history = transformer.fit(images, np.zeros(256, int), epochs=40, batch_size=16, verbose=0).history
        assert np.mean(history["accuracy"][-5:]) == pytest.approx(0.98, abs=0.02)
        volumes[given] = np.mean(history["color_volume"][-5:])
    of_images = np.log(transformer.factors(images)[0])
    assert np.abs(of_images[near].mean(axis=0) - of_images[~near].mean(axis=0)).max() > 1
    np.testing.assert_allclose(of_images.mean(axis=0), 0, atol=0.1)
    assert volumes[True] > volumes[False] + 0.2, volumes


def test_only_the_largest_family_is_conditioned():
    with pytest.raises(ValueError, match="conditioned is of the largest family"):
        InvariantTransformer(channels=3, family="paper", conditioned=True)
