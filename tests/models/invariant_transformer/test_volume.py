"""The largest family: its gradient, its multiplier, and that it finds what a network ignores."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import kinv
from kinv.models import InvariantTransformer
from kinv.models.invariant_transformer.start import SMALLEST, start_multiplier, start_scale, start_sizes
from kinv.models.invariant_transformer.volume import DAMPING, MIXED, RATE, SMOOTHED_RATE, margins
from kinv.ops import lie

from .test_model import brightness_blind, colored_images


def test_margins_are_the_label_against_the_best_of_the_others():
    logits = np.array([[3.0, 1.0, -2.0], [0.0, 5.0, 4.0]], "float32")
    np.testing.assert_allclose(margins(logits, np.array([0, 2])), [2.0, -1.0])


def steps_of(transformer, images, labels, **kwargs):
    """What an optimizer at rate 1 asks for, of every part, but for the rates of their own."""
    asked = []
    for generator in transformer.parts():
        rate = 1.0 if generator is transformer.color_generator else SMOOTHED_RATE
        rates = rate * (MIXED + (1 - MIXED) * np.eye(generator.controls))
        generator.take_step = lambda generator=generator, rates=rates: asked.append(
            ops.convert_to_numpy(generator.step) / rates
        )
    transformer.compile(keras.optimizers.SGD(1.0), run_eagerly=True)
    transformer.train_on_batch(images, labels, **kwargs)
    return asked


def test_without_a_share_to_keep_volume_alone_is_maximised():
    """The gradient of the log-volume is the identity: every direction grows alike."""
    images, labels = colored_images(np.random.default_rng(0), 8)
    transformer = InvariantTransformer(brightness_blind(), seed=3)
    transformer.multiplier.assign(0.0)
    color, space = steps_of(transformer, images, labels)
    np.testing.assert_allclose(color, np.eye(12), atol=1e-6)
    np.testing.assert_allclose(space, np.eye(6), atol=1e-6)


def test_the_multiplier_grows_while_too_little_is_kept_and_shrinks_otherwise():
    images, labels = colored_images(np.random.default_rng(0), 8)
    for threshold in (1.0, 0.2):
        transformer = InvariantTransformer(brightness_blind(), accuracy_threshold=threshold)
        transformer.color_generator.reach.assign(3.0 * np.eye(12))
        transformer.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
        before = float(transformer.multiplier)
        logs = transformer.train_on_batch(images, labels, return_dict=True)
        assert 0.2 < logs["accuracy"] < 1 and logs["own_accuracy"] == 1
        expected = before * np.exp(RATE * (threshold - logs["accuracy"]))
        assert float(transformer.multiplier) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("smoothing", "symmetric"),
    [(0.1, True), *(pytest.param(*pair, marks=pytest.mark.long) for pair in ((0.2, True), (0.1, False)))],
)
def test_the_gradients_are_those_of_the_share_where_the_network_is_smooth(smoothing, symmetric):
    """Of `R exp(step)` at step zero and of the lean, by backpropagation; only the step's symmetric part is used."""
    images, labels = colored_images(np.random.default_rng(0), 12_000)
    images, labels = images[labels == 0], labels[labels == 0]
    images[:, :, 8:, 0] = 0  # the colour that decides is on the left
    transformer = InvariantTransformer(brightness_blind(), smoothing=smoothing, symmetric=symmetric, seed=3)
    random = np.random.default_rng(1)
    generators = transformer.parts()
    for generator in generators:
        mixed = np.eye(generator.controls) + 0.1 * random.normal(size=generator.step.shape)
        generator.reach.assign(generator.start * mixed)
        if not symmetric:
            generator.lean.assign(random.normal(size=generator.controls) / 2)
    own = transformer.frozen.model(images)
    right, own_right = (
        np.mean(np.argmax(logits, axis=-1) == labels) for logits in (moved_logits(transformer, images), own)
    )
    missing = transformer.accuracy_threshold * own_right - right
    transformer.multiplier.assign(0.5 * np.exp(-DAMPING * missing))
    temperature = ops.mean(ops.abs(margins(own, labels)))
    leans = [] if symmetric else [generator.lean.value for generator in generators]
    with tf.GradientTape() as tape:
        steps = [tf.zeros((generator.controls,) * 2) for generator in generators]
        tape.watch([steps, leans])
        logits = moved_logits(transformer, images, steps)
        share = ops.mean(ops.sigmoid(margins(logits, labels) / temperature))
    exact, of_leans = tape.gradient(share, [steps, leans])
    exact, before = ([ops.convert_to_numpy(part) for part in parts] for parts in (exact, leans))
    for found, gradient in zip(steps_of(transformer, images, labels), exact, strict=True):
        estimated, wanted = 2 * (found - np.eye(len(found))), (gradient + gradient.T) / 2
        assert np.linalg.norm(wanted) > 1e-3
        np.testing.assert_allclose(estimated, wanted, atol=0.25 * np.linalg.norm(wanted))
    for place, (generator, lean) in enumerate(zip(generators, before, strict=not symmetric)):
        moved = (ops.convert_to_numpy(generator.lean) - lean) / (SMOOTHED_RATE if place else 1.0)
        squared = np.tanh(lean) ** 2
        of_volume = np.tanh(lean) * (1 / (4 + squared) - 1 / (1 + squared)) * (1 - squared)
        wanted = ops.convert_to_numpy(of_leans[place])
        np.testing.assert_allclose(2 * (moved - of_volume), wanted, atol=0.25 * np.linalg.norm(wanted))


def moved_logits(transformer, images, steps=None):
    """Logits under the members that the next batch draws, with the reach as it is or moved by steps."""
    state = transformer.seed_generator.state.numpy()
    ks = transformer.draw(len(images))
    transformer.seed_generator.state.assign(state)
    maps = []
    for index, (generator, k) in enumerate(zip(transformer.parts(), ks, strict=True)):
        along = generator.along(k)
        if steps is not None:
            along = along @ tf.transpose(tf.linalg.expm(steps[index]))
        maps.append(generator.reached(along))
    return transformer.frozen.model(transformer.apply_matrices(images, *maps))


@pytest.mark.parametrize(("kept", "said"), [(0.7, "is too large"), (0.99, "could be larger"), (0.87, None)])
def test_a_share_that_was_missed_is_said(kept, said):
    objective = InvariantTransformer().objective
    found = objective.complaint({"accuracy": [0.9, kept], "own_accuracy": [1.0, 1.0]}, 0.9)
    assert found is None if said is None else (said in found and f"{kept:.2f}" in found and "0.90" in found)


@pytest.mark.parametrize("more", [{}, {"conditioned": True, "symmetric": False}])
def test_images_that_do_not_count_do_not_move_it(more):
    images, labels = colored_images(np.random.default_rng(0), 8)
    weights = np.array([1, 1, 1, 1, 0, 0, 0, 0], "float32")
    asked = []
    for last in (images[4:], 255 - images[4:]):
        transformer = InvariantTransformer(brightness_blind(), seed=3, **more)
        found = steps_of(transformer, np.concatenate([images[:4], last]), labels, sample_weight=weights)
        others = [generator.lean for generator in transformer.parts() if generator.lean is not None]
        others += [transformer.conditioner.mean, *transformer.conditioner.weights] if more else []
        asked.append([*found, *map(ops.convert_to_numpy, others)])
    for one, other in zip(*asked, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    assert min(np.abs(one).max() for one in asked[0][:2]) > 0.1


def test_a_batch_in_which_no_image_counts_moves_nothing():
    images, labels = colored_images(np.random.default_rng(0), 8)
    transformer = InvariantTransformer(brightness_blind(), seed=3, conditioned=True, symmetric=False)
    transformer.conditioner.head.kernel.assign(np.ones(transformer.conditioner.head.kernel.shape))
    transformer.compile(run_eagerly=True)
    kept = [ops.convert_to_numpy(weight) for weight in (*transformer.trainable_variables, transformer.conditioner.mean)]
    transformer.train_on_batch(images, labels, sample_weight=np.zeros(8, "float32"))
    for before, after in zip(kept, (*transformer.trainable_variables, transformer.conditioner.mean), strict=True):
        np.testing.assert_array_equal(before, after)


def test_the_start_is_half_as_far_as_nearly_all_is_kept():
    ends = np.array([0.3, 1e-9, np.inf])  # where the share that stays falls from 1 to 0.9, along each of three

    def share(member):
        return 1 - 0.1 * float((np.abs(member) > ends).any())

    np.testing.assert_allclose(start_sizes(share, 3, 0.64), [0.14, SMALLEST / 2, 0.64])


def test_the_scale_of_the_start_is_that_of_the_share():
    assert start_scale(lambda factor: np.exp(-factor), 0.9) == pytest.approx(-np.log(0.9), rel=0.1)


def test_the_first_multiplier_balances_volume_and_share():
    """Where the share is `0.8 - 0.05 log(factor)`, a factor gains `18 log(factor)` of log-volume."""
    assert start_multiplier(lambda factor: 0.8 - 0.05 * np.log(factor), 18) == pytest.approx(18 / 0.05)
    assert start_multiplier(lambda factor: 0.8, 18) == 18 / 0.01


@pytest.mark.long
def test_adapting_sets_the_start_by_what_the_network_ignores():
    images, labels = colored_images(np.random.default_rng(0), 240)
    transformer = InvariantTransformer(brightness_blind(), fill="reflect", accuracy_threshold=0.9)
    transformer.adapt(images, labels)
    color, space = (ops.convert_to_numpy(g.reach) for g in (transformer.color_generator, transformer.space_generator))
    np.testing.assert_allclose(color, np.diag(np.diag(color)), atol=1e-6)
    by_generator = dict(zip(lie.color_generators(3), np.diag(color), strict=True))
    assert by_generator["shift of light"] > 2 * by_generator["shift of red-green"]
    np.testing.assert_allclose(space, space[0, 0] * np.eye(6), atol=1e-6)
    many, same = colored_images(np.random.default_rng(1), 600)
    moved = transformer.frozen.model(transformer.augment(many, seed=1))
    assert np.mean(np.argmax(moved, axis=-1) == same) == pytest.approx(0.9, abs=0.05)
    with pytest.raises(ValueError, match="family 'paper'"):
        InvariantTransformer(brightness_blind(), family="paper").adapt(images)
    with pytest.raises(ValueError, match="set_classifier"):
        InvariantTransformer().adapt(images)


AMOUNTS = np.array([-18, -6, 6, 18], "float32")  # of red rather than green, of four classes


def red_green_reader():
    """A classifier that reads how red or green an image is on average. Nothing else matters to it."""
    inputs = layers.Input((16, 16, 3))
    logits = layers.Dense(4)
    model = keras.Model(inputs, logits(layers.GlobalAveragePooling2D()(inputs)))
    kernel, bias = np.outer(lie.OPPONENT[1], 2 * AMOUNTS), -np.square(AMOUNTS)  # the nearest amount
    logits.set_weights([kernel / 100, bias / 100])
    return model


@pytest.mark.long
def test_it_reaches_far_where_the_network_ignores_and_not_where_it_looks():
    """Of colours, the network only sees red against green: a change of 6 is another class. It does not see space."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 4, 256)
    amounts = np.stack([random.uniform(-40, 40, 256), AMOUNTS[labels], random.uniform(-40, 40, 256)], axis=1)
    means = 128 + (amounts + random.uniform(-2, 2, (256, 3))) @ lie.OPPONENT
    images = (means[:, None, None] + random.normal(0, 10, (256, 16, 16, 3))).clip(0, 255).astype("float32")
    transformer = InvariantTransformer(red_green_reader(), accuracy_threshold=0.9, fill="reflect")
    transformer.compile(keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.05, 480, 0.05)))
    history = transformer.fit(images, labels, epochs=30, batch_size=16, verbose=0).history
    assert np.mean(history["accuracy"][-5:]) == pytest.approx(0.9, abs=0.05)
    changes = ops.convert_to_numpy(transformer.augment(images, seed=1)) - images
    light, red_green, blue_yellow = (changes.mean(axis=(1, 2)) @ lie.OPPONENT.T).std(axis=0)
    assert light > 4 * red_green and blue_yellow > 4 * red_green, (light, red_green, blue_yellow)
    assert np.linalg.norm(ops.convert_to_numpy(transformer.space_generator.reach), axis=1).min() > 1


@pytest.mark.long
def test_an_artifact_and_its_savedmodel_bring_it_back(tmp_path, images):
    transformer = InvariantTransformer(channels=3, seed=2)
    generator = transformer.color_generator
    generator.reach.assign(0.2 * np.random.default_rng(0).normal(size=generator.step.shape))
    kinv.save(transformer, tmp_path / "mine", {"name": "mine"})
    again = kinv.load(tmp_path / "mine")
    np.testing.assert_array_equal(again.augment(images, 3), transformer.augment(images, 3))
    served = tf.saved_model.load(str(tmp_path / "mine" / "saved_model"))
    k_color, k_space = (ops.convert_to_numpy(k).astype("float32") for k in transformer.draw(len(images)))
    moved = served.transform(tf.constant(images), tf.constant(k_color), tf.constant(k_space))
    np.testing.assert_allclose(moved, transformer.transform(images, k_color, k_space), atol=1e-2)
    unmoved = served.transform(tf.constant(images), tf.fill((len(images), 12), 0.5), tf.fill((len(images), 6), 0.5))
    np.testing.assert_array_equal(unmoved, images)
