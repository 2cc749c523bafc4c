"""The Filter GAN: what is replaced, what is seen, who is updated, and that it learns."""

import json

import keras
import numpy as np
import pytest

from kinv import classifiers, data
from kinv.layers.generated_convolution import convolution_kernel
from kinv.models import FilterGAN
from kinv.models.filter_gan.diversity import relative_spread

pytestmark = pytest.mark.usefixtures("eagerly")


def small_classifier(seed=0, side=8):
    keras.utils.set_random_seed(seed)
    images = keras.Input((side, side, 1))
    x = keras.layers.Rescaling(1 / 255)(images)
    x = keras.layers.Conv2D(3, 3, padding="same", activation="relu", name="below")(x)
    y = keras.layers.Conv2D(4, 3, 2, padding="same", name="replaced", bias_initializer="random_normal")(x)
    y = keras.layers.BatchNormalization(name="norm")(y)
    return keras.Model(images, keras.layers.Dense(5)(keras.layers.Flatten()(y)), name="small")


def shown(count, side=8):
    return np.random.default_rng(1).uniform(0, 255, (count, side, side, 1)).astype("float32")


@pytest.fixture
def gan():
    gan = FilterGAN(small_classifier(), "replaced", latent_dim=3, width=8, hidden_units=(16,))
    gan.compile()
    return gan


def codes(count, latent_dim=3):
    return np.random.default_rng(2).normal(size=(count, latent_dim)).astype("float32")


@pytest.mark.parametrize(
    "name, layer",
    [("digit_cnn", "conv4"), ("squeezenet", "fire2_squeeze1x1"), ("efficientnet_lite0", "block2_depthwise")],
)
def test_with_the_real_filters_the_activations_are_the_networks_own(name, layer):
    classifier = classifiers.build(name)
    images = np.random.default_rng(0).uniform(0, 255, (2, *classifier.input_shape[1:])).astype("float32")
    gan = FilterGAN(classifier, layer, latent_dim=2, width=4, hidden_units=(2,), movement=None)
    kernel = np.asarray(convolution_kernel(classifier.get_layer(layer)))
    gan.generator.filters.kernel.assign(0 * gan.generator.filters.kernel)
    gan.generator.filters.bias.assign(kernel.ravel() / gan.generator.scale)
    network = keras.Model(classifier.input, classifier.get_layer(layer).output)
    activation = classifier.get_layer(layer).activation
    expected = np.asarray(network(images))
    ours = activation(gan.activations(images, codes(2, 2)))
    np.testing.assert_allclose(ours, expected, atol=1e-5 * max(1, np.abs(expected).max()))


def test_every_image_passes_filters_of_its_own(gan):
    images, z = shown(3), codes(3)
    together = np.asarray(gan.activations(images, z))
    for index in range(3):
        alone = gan.activations(images[index : index + 1], z[index : index + 1])
        np.testing.assert_allclose(together[index], alone[0], atol=1e-5)


def test_the_discriminator_sees_outputs_only(gan):
    black = np.zeros((2, 8, 8, 1), "float32")
    gan.cut.model.parts.below.get_layer("below").bias.assign([0.0, 0.0, 0.0])
    z = codes(2)
    assert np.abs(np.diff(gan.generate_filters(z), axis=0)).max() > 0
    read = np.asarray(
        gan.discriminator(gan.activations(black, z), training=False)[1]
    )  # of nothing, all filters make nothing: the codes can't be told
    np.testing.assert_array_equal(read[0], read[1])
    assert np.abs(np.diff(gan.read_codes(shown(1).repeat(2, axis=0), z), axis=0)).max() > 0


def test_codes_are_read_as_in_training_and_always_alike(gan):
    outputs, read = gan.activations(shown(3), codes(3)), gan.discriminator.read_codes
    np.testing.assert_array_equal(read(outputs), read(outputs))
    every = np.reshape(gan.discriminator(np.tile(outputs, (4000, 1, 1, 1)), training=True)[1], (4000, 3, 3))
    standard_errors = every.std(axis=0) / np.sqrt(200)
    assert (np.abs(read(outputs, reads=200) - every.mean(axis=0)) < 4 * standard_errors).all()
    assert np.abs(every.mean(axis=0)).max() > 4 * standard_errors.max()
    gan.discriminator.noise = 0.0
    np.testing.assert_array_equal(read(outputs), gan.discriminator(outputs, training=False)[1])


def test_a_step_updates_each_network_and_leaves_the_classifier(gan):
    classifier = small_classifier()
    gan.set_classifier(classifier)
    before = {name: [np.asarray(v).copy() for v in variables] for name, variables in gan._variables().items()}
    frozen = [np.asarray(weight).copy() for weight in classifier.weights]
    gan.fit(shown(16), batch_size=16, verbose=0)
    for name, variables in gan._variables().items():
        assert all(np.any(np.asarray(now) != then) for now, then in zip(variables, before[name], strict=True)), name
    for now, then in zip(classifier.weights, frozen, strict=True):
        np.testing.assert_array_equal(now, then)
    assert not {id(v) for v in gan.variables} & {id(v) for v in classifier.variables}


def test_the_mean_over_codes_is_the_real_filters_and_stays_there():
    classifier = small_classifier()
    real = np.asarray(convolution_kernel(classifier.get_layer("replaced")))
    gan = FilterGAN(classifier, "replaced", latent_dim=3, width=8, hidden_units=(16,), movement=None, min_diversity=0.3)
    gan.compile({name: keras.optimizers.RMSprop(1e-2) for name in ("discriminator", "generator", "code")})
    before = np.asarray(gan.generate_filters(codes(2)))
    gan.fit(shown(64), batch_size=16, epochs=5, verbose=0)
    assert np.abs(np.asarray(gan.generate_filters(codes(2))) - before).max() > 0.1 * real.std()
    assert np.abs(gan.generator.hidden[0].bias).max() > 0.01
    many = np.random.default_rng(4).normal(size=(100_000, 3)).astype("float32")
    filters = np.asarray(gan.generate_filters(many))
    error = filters.std(axis=0) / np.sqrt(len(many))
    assert np.abs((filters.mean(axis=0) - real) / error).max() < 5
    free = FilterGAN(classifier, "replaced", latent_dim=3, movement=None, centered=False)
    assert np.linalg.norm(np.mean(free.generate_filters(codes(50)), axis=0) - real) > 0.5 * np.linalg.norm(real)
    with pytest.raises(ValueError, match=r"centered needs one ReLU layer, received hidden_units \(8, 8\)"):
        FilterGAN(classifier, "replaced", hidden_units=(8, 8), movement=None)


def test_the_middle_belongs_to_the_classifier_at_hand_and_is_not_trained():
    classifier, other = small_classifier(), small_classifier(seed=1)
    gan = FilterGAN(classifier, "replaced", latent_dim=3, width=8, movement=None)
    gan = FilterGAN.from_config(gan.get_config())
    many = np.random.default_rng(4).normal(size=(50_000, 3)).astype("float32")
    for network in (classifier, other):
        gan.set_classifier(network)
        gan.compile(run_eagerly=True)
        gan.trainable = False
        gan.trainable = True  # which makes every weight trainable
        gan.fit(shown(32), batch_size=16, verbose=0)
        real = np.asarray(convolution_kernel(network.get_layer("replaced")))
        np.testing.assert_allclose(np.mean(gan.generate_filters(many), axis=0), real, atol=0.03 * real.std())


@pytest.mark.release
def test_filters_are_kept_as_spread_as_they_have_to_be():
    settings = {"latent_dim": 3, "width": 8, "information_weight": 0.0}
    spreads = {}
    for least in (0.0, 0.5, 0.8):
        gan = FilterGAN(small_classifier(), "replaced", movement=None, min_diversity=least, **settings)
        gan.compile({name: keras.optimizers.RMSprop(3e-3) for name in ("discriminator", "generator", "code")})
        gan.generator.filters.kernel.assign(0.02 * gan.generator.filters.kernel)  # hardly any to begin with
        gan.fit(shown(128), batch_size=64, epochs=60, verbose=0)
        spreads[least] = np.asarray(relative_spread(gan.generate_filters(codes(1000)), gan.cut.model.kernel())[0])
    assert spreads[0.0].max() < 0.45 < spreads[0.5].min() < 0.75 < spreads[0.8].min()


@pytest.mark.parametrize("movement", [None, 0.8])
def test_dead_filters_need_no_spread(movement):
    classifier = small_classifier()
    kernel = np.asarray(classifier.get_layer("replaced").kernel).copy()
    kernel[..., 0] = 0.0
    classifier.get_layer("replaced").kernel.assign(kernel)
    gan = FilterGAN(classifier, "replaced", latent_dim=3, width=8, movement=movement)
    gan.compile()
    history = gan.fit(shown(16), batch_size=16, epochs=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert np.isfinite(gan.generate_filters(codes(3))).all()


@pytest.mark.release
def test_it_learns_filters_that_pass_for_real():
    digits = data.load("mnist", "train", limit=2048)[0][:, 6:22, 6:22]
    classifier = small_classifier(side=16)
    gan = FilterGAN(
        classifier,
        "replaced",
        latent_dim=2,
        movement=None,
        width=16,
        information_weight=0.3,
        centered=False,
        min_diversity=0.0,
        seed=3,
    )
    gan.compile({name: keras.optimizers.RMSprop(1e-3) for name in ("discriminator", "generator", "code")})
    kernel = np.asarray(classifier.get_layer("replaced").kernel)

    def distance():
        mean = np.asarray(gan.generate_filters(codes(200, 2))).mean(axis=0)
        return np.linalg.norm(mean - kernel) / np.linalg.norm(kernel)

    assert distance() > 1  # nothing is known of the real filters yet
    history = gan.fit(digits, batch_size=128, epochs=35, verbose=0).history
    assert distance() < 0.8
    assert history["explained_variance"][-1] > 0.4
    assert history["diversity"][-1] > 0.1


@pytest.mark.long
def test_the_same_seed_trains_alike():
    def train():
        keras.utils.set_random_seed(5)
        gan = FilterGAN(small_classifier(), "replaced", latent_dim=3, width=8, hidden_units=(16,), seed=1)
        gan.compile()
        gan.fit(shown(32), batch_size=16, epochs=2, shuffle=False, verbose=0)
        return np.asarray(gan.generate_filters(codes(4)))

    np.testing.assert_array_equal(train(), train())


@pytest.mark.parametrize("saturating", [True, False])
def test_the_generators_loss_is_that_of_the_discriminator_it_meets(saturating):
    gan = FilterGAN(small_classifier(), "replaced", latent_dim=3, width=8, saturating=saturating, noise=0.0)
    frozen = {name: keras.optimizers.SGD(0.0) for name in ("discriminator", "generator", "code")}
    gan.compile(frozen, run_eagerly=True)
    seen = []
    discriminate = gan.discriminator.call
    gan.discriminator.call = lambda x, training=None: seen.append(discriminate(x, training=training)) or seen[-1]
    loss = gan.fit(shown(16), batch_size=16, shuffle=False, verbose=0).history["generator_loss"][0]
    probability = 1 / (1 + np.exp(-np.asarray(seen[-1][0], "float64")))  # of "real", for the generated ones
    expected = np.log(1 - probability) if saturating else -np.log(probability)  # Algorithm 1, line 8
    assert loss == pytest.approx(expected.mean(), rel=1e-4)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 17])
def test_small_and_odd_batches_train(gan, count):
    if count == 1:
        with pytest.raises(ValueError, match="at least two, as movement is measured by how they differ"):
            gan.fit(shown(count), verbose=0)
    if count != 2:
        gan = FilterGAN(small_classifier(), "replaced", latent_dim=3, width=8, movement=None)
        gan.compile()
    history = gan.fit(shown(count), batch_size=16, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert all(np.isfinite(variable).all() for variable in gan.variables)


def test_a_keras_file_brings_it_back_with_its_optimizers(tmp_path):
    gan = FilterGAN(small_classifier(), "replaced", latent_dim=3, width=8, movement=None)
    gan.compile({name: keras.optimizers.RMSprop(0.01) for name in ("discriminator", "generator", "code")})
    gan.fit(shown(16), batch_size=16, verbose=0)
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    again.set_classifier(small_classifier())
    for each in (gan, again):
        each.fit(shown(32), batch_size=16, shuffle=False, verbose=0)
    np.testing.assert_array_equal(again.generate_filters(codes(3)), gan.generate_filters(codes(3)))
    gan.compile(optimizer="adam")
    each = gan.discriminator_optimizer, gan.generator_optimizer, gan.code_optimizer
    assert len(set(map(id, each))) == 3 and all(isinstance(one, keras.optimizers.Adam) for one in each)
    with pytest.raises(ValueError, match="its own losses"):
        gan.compile(loss="mse")


def test_it_comes_back_from_its_configuration_and_weights(gan, tmp_path):
    gan.fit(shown(16), batch_size=16, verbose=0)
    gan.save_weights(tmp_path / "gan.weights.h5")
    again = FilterGAN.from_config(json.loads(json.dumps(gan.get_config())))
    again.load_weights(tmp_path / "gan.weights.h5")
    np.testing.assert_array_equal(again.generate_filters(codes(3)), gan.generate_filters(codes(3)))
    with pytest.raises(ValueError, match="set_classifier"):
        again.activations(shown(3), codes(3))
    again.set_classifier(small_classifier())
    np.testing.assert_array_equal(again.activations(shown(3), codes(3)), gan.activations(shown(3), codes(3)))


def test_wrong_arguments_are_refused(gan):
    classifier = small_classifier()
    for wrong, message in (
        ({"layer": "absent"}, "'absent' of .* Known: below, replaced"),
        ({"layer": "norm"}, "expected a Conv2D .* 'norm', a BatchNormalization"),
        ({"layer": "replaced", "latent_dim": 0}, "latent_dim"),
        ({"layer": "replaced", "noise": -1}, "noise"),
        ({"layer": "replaced", "min_diversity": -1}, "min_diversity"),
        ({"layer": "replaced", "hidden_units": ()}, "hidden_units"),
        ({"layer": "replaced", "movement": 0.0}, "movement must be above 0 and finite, received 0.0"),
        ({"layer": "replaced", "min_diversity": 0.5}, "for filters without a movement, received min_diversity=0.5"),
        ({"layer": "replaced", "centered": True}, "for filters without a movement.*centered=True"),
    ):
        with pytest.raises(ValueError, match=message):
            FilterGAN(classifier, **wrong)
    with pytest.raises(ValueError, match="needs a classifier"):
        FilterGAN()
    with pytest.raises(ValueError, match=r"z must have shape \(count, 3\), received \(2, 4\)"):
        gan.generate_filters(np.zeros((2, 4)))
    with pytest.raises(ValueError, match="must have"):
        gan.set_classifier(small_classifier(side=10))
