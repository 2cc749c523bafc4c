"""Filters that move outputs as far as they have to, and images that the real filters answer alike."""

import keras
import numpy as np
import pytest
from keras import ops

from kinv.analysis.filters.baselines import at_movement
from kinv.analysis.filters.curves import movement_curves
from kinv.analysis.filters.generated import generated_sets
from kinv.classifiers.patch_moments import patch_moments
from kinv.classifiers.replaced_filters import ReplacedFilters
from kinv.models import FilterGAN
from kinv.models.filter_gan.moving_generator import MovingGenerator

CONVOLUTIONS = {
    "plain": lambda: keras.layers.Conv2D(5, 3, padding="same", name="cut"),
    "groups": lambda: keras.layers.Conv2D(6, 3, groups=2, name="cut"),
    "depthwise": lambda: keras.layers.DepthwiseConv2D(3, depth_multiplier=2, name="cut"),
}


def network(made=CONVOLUTIONS["plain"], seed=0):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((12, 10, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu")(keras.layers.Rescaling(1 / 255)(inputs))
    x = keras.layers.ReLU()(made()(x))
    return keras.Model(inputs, keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(x)))


def shown(count, seed=1):
    return np.random.default_rng(seed).uniform(0, 255, (count, 12, 10, 3)).astype("float32")


def codes(count, latent_dim=3, far=None):
    """Codes, all with one root mean square if that is given."""
    z = np.random.default_rng(2).normal(size=(count, latent_dim)).astype("float32")
    return z if far is None else far * z / np.sqrt(np.square(z).mean(axis=1, keepdims=True))


@pytest.mark.parametrize("kind", CONVOLUTIONS)
def test_outputs_move_as_far_as_is_asked_for(kind):
    cut = ReplacedFilters(network(CONVOLUTIONS[kind]), "cut")
    generator = MovingGenerator(cut.kernel().shape, cut.convolution.groups, movement=0.7, hidden_units=(5,), seed=0)
    generator.build((None, 3))
    images = shown(12)
    generator.adapt(patch_moments(cut, images))
    entering, _ = cut.enter(images)
    own = np.asarray(cut.convolve(entering, cut.kernel()), "float64")
    deviation = np.sqrt(own.var(axis=0).mean(axis=(0, 1)))
    for far in (0.3, 1.0, 2.0):  # from 1 on, no farther
        for filters in generator(codes(3, far=far)):
            moved = np.asarray(cut.convolve(entering, filters), "float64") - own
            found = np.mean(np.sqrt(np.square(moved).mean(axis=(0, 1, 2))) / deviation)
            assert found == pytest.approx(0.7 * min(far, 1), rel=1e-4)
    np.testing.assert_allclose(generator(np.zeros((1, 3), "float32"))[0], cut.kernel(), atol=1e-5)


def test_the_way_from_the_real_filters_is_curved():
    generator = MovingGenerator((3, 3, 2, 4), movement=0.7, hidden_units=(5,), seed=0)
    generator.build((None, 3))
    generator.start_at(np.random.default_rng(0).normal(size=(3, 3, 2, 4)))
    generator.hidden[0].bias.assign(np.ones(5))

    def way(far):
        changed = np.asarray(generator(codes(1, far=far))) - np.asarray(generator(np.zeros((1, 3), "float32")))
        return changed.ravel() / np.linalg.norm(changed)

    assert way(1.0) @ way(0.99) > 0.999 and way(1.0) @ way(0.1) < 0.99


def test_what_the_layer_never_sees_is_no_hiding_place():
    cut = ReplacedFilters(network(), "cut")
    cut.parts.below.layers[-1].bias.assign([0.0, 0.0, 0.0, -1e3])  # a channel that is never on
    generator = MovingGenerator(cut.kernel().shape, seed=0)
    generator.build((None, 3))
    generator.adapt(patch_moments(cut, shown(12)))
    changed = np.asarray(generator(codes(3))) - np.asarray(cut.kernel())
    assert np.abs(changed[..., 3, :]).max() < 1e-6 < np.abs(changed[..., :3, :]).min()


def test_until_it_is_adapted_filters_move_by_their_length():
    cut = ReplacedFilters(network(), "cut")
    generator = MovingGenerator(cut.kernel().shape, movement=0.5, seed=0)
    generator.build((None, 3))
    generator.start_at(cut.kernel())
    real = np.asarray(cut.kernel())
    lengths = np.linalg.norm((np.asarray(generator(codes(4, far=1.0))) - real).reshape(4, -1, 5), axis=1)
    np.testing.assert_allclose(np.mean(lengths / np.linalg.norm(real.reshape(-1, 5), axis=0), axis=1), 0.5, rtol=1e-4)


def test_training_draws_codes_of_all_lengths_with_a_movement_only():
    for movement, least in ((0.6, 0.3), (None, 0.7)):
        gan = FilterGAN(network(), "cut", latent_dim=64, width=8, hidden_units=(8,), movement=movement)
        lengths = np.sqrt(np.square(gan._draw(500)).mean(axis=1))
        assert (lengths.min() < least) == (movement is not None) and lengths.max() > 0.9
        assert movement is None or lengths.max() < 1.001


def test_codes_are_drawn_at_full_length_with_a_movement_only():
    for movement in (0.6, None):
        gan = FilterGAN(network(), "cut", latent_dim=64, width=8, hidden_units=(8,), movement=movement)
        drawn = gan.draw_codes(200, seed=1)
        spread = np.sqrt(np.square(drawn).mean(axis=1)).std()
        assert drawn.dtype == "float32" and abs(np.square(drawn).mean() - 1) < 0.05
        assert spread < 1e-5 if movement else spread > 0.05
        np.testing.assert_array_equal(drawn, gan.draw_codes(200, np.random.default_rng(1)))
        with pytest.raises(ValueError, match="count must be at least 1, received 0"):
            gan.draw_codes(0)


def test_longer_codes_count_as_full_ones_for_filters_and_counterparts(trained):
    images, z = shown(4), codes(4, far=1.0)
    np.testing.assert_allclose(trained.generate_filters(1.7 * z), trained.generate_filters(z), atol=1e-5)
    np.testing.assert_allclose(trained.counterpart(images, 1.7 * z), trained.counterpart(images, z), atol=0.05)
    assert np.abs(trained.counterpart(images, 0.5 * z) - trained.counterpart(images, z)).max() > 1


@pytest.fixture(scope="module")
def trained():
    gan = FilterGAN(network(), "cut", latent_dim=3, width=8, hidden_units=(8,), movement=0.6)
    gan.compile(keras.optimizers.Adam(2e-3))
    gan.fit(shown(64), batch_size=32, epochs=2, verbose=0)
    return gan


def test_fit_adapts_to_its_images_and_a_step_moves_all_players(trained):
    images, generator = shown(64), trained.generator
    moments = patch_moments(trained.cut.model, images)
    filters = np.asarray(trained.generate_filters(codes(5, far=1.0)))
    np.testing.assert_allclose(moments.movements(filters), 0.6, rtol=1e-3)
    fresh = FilterGAN(network(), "cut", latent_dim=3, width=8, hidden_units=(8,), movement=0.6)
    for ours, theirs in (
        (generator.change.kernel, fresh.generator.change.kernel),
        (trained.counterparts.directions, fresh.counterparts.directions),
        (trained.counterparts.log_lengths, fresh.counterparts.log_lengths),
    ):
        assert np.abs(np.asarray(ours) - np.asarray(theirs)).max() > 0


def test_generated_sets_are_compared_at_any_movement_up_to_their_own(trained):
    moments = patch_moments(trained.cut.model, shown(64))
    sets = generated_sets(trained, codes(5), moments)
    for movement in (0.1, 0.4, 0.6):
        found = at_movement(sets, moments, movement)
        assert len(found) == 5
        np.testing.assert_allclose(moments.movements(found), movement, rtol=0.011)
    straight = moments.kernel + 0.1 / 0.6 * (at_movement(sets, moments, 0.6) - moments.kernel)
    assert np.abs(at_movement(sets, moments, 0.1) - straight).max() > 1e-3  # the way is theirs, no straight line
    assert not len(at_movement(sets, moments, 0.7))


@pytest.mark.long
def test_networks_of_half_precision_train_and_are_compared():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = network()
    finally:
        keras.config.set_dtype_policy("float32")
    gan = FilterGAN(model, "cut", latent_dim=3, width=8, hidden_units=(8,))
    gan.compile()
    gan.fit(shown(16), batch_size=16, verbose=0)
    cut, images, labels = gan.cut.model, shown(8), np.arange(8) % 4
    sets = generated_sets(gan, codes(2), patch_moments(cut, images))
    found = movement_curves(cut, images, images, labels, generated=sets, movements=(0.3,), sets=2)
    assert np.isfinite(found.accuracies()[:5]).all() and np.isfinite(gan.counterpart(images[:3], codes(3))).all()


def test_costs_are_what_they_are_called(trained):
    images, z = shown(20), codes(10, far=0.8)
    step = trained._start(ops.convert_to_tensor(images))
    fakes = trained._fakes(step, z)
    cut = trained.cut.model
    own = np.asarray(cut.convolve(cut.enter(images[:10])[0], cut.kernel()))
    answered = np.asarray(cut.convolve(cut.enter(trained.counterpart(images[:10], z))[0], cut.kernel()))
    generated = np.asarray(trained.activations(images[:10], z))
    weight = 1 / np.asarray(trained.generator.deviation).ravel()
    missed, moved = (np.square((of - generated) * weight).sum() for of in (answered, own))
    assert float(trained._mismatch(step, fakes)) == pytest.approx(missed / moved, rel=1e-4)
    changes = np.abs(np.asarray(trained.counterpart(images[:10], z)) - images[:10]).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(fakes.change, changes, rtol=1e-4)
    short = 0.1 * np.maximum(trained.min_change * np.sqrt(np.square(z).mean(axis=1)) - changes, 0).mean()
    assert float(trained._short(step, fakes)) == pytest.approx(short, rel=1e-3, abs=1e-6)
    said = np.asarray(ops.softmax(cut.classifier(images[:10])), "float64")
    kept = []
    for outputs in (generated, answered):
        logits = np.asarray(cut.leave(outputs, []), "float64")
        logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        kept.append(-(said * logs).sum(axis=1).mean())
    np.testing.assert_allclose(trained._kept(step, fakes), kept, rtol=1e-4)


def test_it_comes_back_for_the_same_network_only(trained, tmp_path):
    trained.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    np.testing.assert_array_equal(again.generate_filters(codes(3)), trained.generate_filters(codes(3)))
    images = shown(3)
    np.testing.assert_array_equal(again.counterpart(images, codes(3)), trained.counterpart(images, codes(3)))
    again.set_classifier(network())
    with pytest.raises(ValueError, match="must have the filters that were adapted to"):
        again.set_classifier(network(seed=1))
    np.testing.assert_array_equal(again.activations(images, codes(3)), trained.activations(images, codes(3)))


def test_without_a_movement_nothing_is_adapted_and_there_are_no_counterparts():
    gan = FilterGAN(network(), "cut", latent_dim=3, movement=None)
    with pytest.raises(ValueError, match="movement must be set for adapt, received None"):
        gan.adapt(shown(4))
    with pytest.raises(ValueError, match="movement must be set for counterparts of images, received None"):
        gan.counterpart(shown(2), codes(2))
    old = {name: value for name, value in gan.get_config().items() if name != "movement"}
    assert FilterGAN.from_config(old).movement is None  # of an older artifact


@pytest.mark.parametrize("images", [np.zeros((8, 12, 10, 3), "float32"), np.repeat(shown(1), 8, axis=0)])
def test_images_that_are_all_alike_are_refused(images):
    gan = FilterGAN(network(), "cut", latent_dim=3, width=8, hidden_units=(8,))
    with pytest.raises(ValueError, match=r"images must differ at the layer 'cut'.*pass more varied images"):
        gan.adapt(images)
