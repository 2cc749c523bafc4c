"""The coupled generator: its loss, what it trains, and that images come out that the network likes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import kinv
from kinv import classifiers
from kinv.layers import SpectralDecoder
from kinv.models import CoupledGenerator, target

SIZE = 16


@pytest.fixture(scope="module")
def network():
    """Two classes of stripes, upright and lying, and one that likes red."""
    images = keras.Input((SIZE, SIZE, 3))
    x = layers.Rescaling(1 / 255, offset=-0.5)(images)
    edges = layers.Conv2D(3, 2, use_bias=False, name="edges")(x)
    model = keras.Model(images, layers.GlobalAveragePooling2D(name="logits")(layers.ReLU()(edges)))
    kernel = np.zeros((2, 2, 3, 3), "float32")
    kernel[:, 0, :, 0], kernel[:, 1, :, 0] = 1, -1
    kernel[0, :, :, 1], kernel[1, :, :, 1] = 1, -1
    kernel[..., 0, 2], kernel[..., 1:, 2] = 1, -0.5
    model.get_layer("edges").set_weights([kernel])
    return model


def decoder(size=SIZE):
    return keras.Sequential([keras.Input((size * size * 3,)), SpectralDecoder(size)])


@pytest.mark.release
def test_without_pretraining_every_target_gets_its_image(network):
    coupled = CoupledGenerator(network, [target.classes(index) for index in range(3)], width=0.05, noise=0.5)
    coupled.compile(keras.optimizers.Adamax(0.01))
    history = coupled.fit(steps=60)
    images = coupled.images()
    assert images.shape == (3, SIZE, SIZE, 3) and images.min() >= 0 and images.max() <= 255
    assert list(np.asarray(network(images)).argmax(axis=1)) == [0, 1, 2]
    assert set(history.history) == {"loss", "activation", "others"}
    across, down = (np.abs(np.diff(images, axis=axis)).mean(axis=(1, 2, 3)) for axis in (2, 1))
    assert across[0] > 1.5 * down[0] and down[1] > 1.5 * across[1]  # stripes
    assert (images[2, ..., 0].mean() > images[2, ..., 1:].mean() + 20).all()  # red


def test_with_pretraining_the_gains_alone_are_trained(network):
    shared = decoder()
    before = [np.array(weights) for weights in shared.get_weights()]
    coupled = CoupledGenerator(
        network, [target.classes(0), target.classes(2)], generator=shared, gain=0.01, regularization=0.0,
        contrast=50.0, loss="cross_entropy", smallest_view=0.8,
    )  # fmt: skip
    assert [weights.shape for weights in coupled.trainable_variables] == [(2, 3 * SIZE * SIZE)]
    coupled.compile(keras.optimizers.Adam(0.05))
    coupled.fit(steps=60)
    assert all((one == two).all() for one, two in zip(before, shared.get_weights(), strict=True))
    assert list(np.asarray(network(coupled.images())).argmax(axis=1)) == [0, 2]


def test_the_loss_is_equation_2_with_its_regularisers(network):
    chosen = [target.classes(0), target.unit("edges", 1)]
    coupled = CoupledGenerator(network, chosen, width=0.05, noise=0.0, competition=3.0, regularization=0.2)
    coupled.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    logs = coupled.fit(steps=1).history
    answers = np.maximum(np.asarray(network(coupled.images())), 0)
    assert logs["others"][0] == pytest.approx(answers[0, 1:].mean() / 2, rel=1e-4)  # mean over targets; a unit has none
    gammas = sum(np.abs(coupled.generators.model(row).get_layer("contrast").gamma).sum() for row in range(2))
    expected = -2 * logs["activation"][0] + 3.0 * answers[0, 1:].mean() + 0.2 * gammas
    assert logs["loss"][0] == pytest.approx(expected, rel=1e-4)
    pretrained = CoupledGenerator(network, chosen, generator=decoder(), noise=0.0, competition=0.0)
    pretrained.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    logs = pretrained.fit(steps=1).history
    expected = -2 * logs["activation"][0] + 0.1 * 2 * np.sqrt(3 * SIZE * SIZE)
    assert logs["loss"][0] == pytest.approx(expected, rel=1e-4)


def test_steps_of_norm_1(network):
    coupled = CoupledGenerator(
        network, [target.classes(0), 100.0 * target.classes(2)], generator=decoder(), gain=0.5, noise=0.0,
        regularization=0.0, unit_steps=True,
    )  # fmt: skip
    before = coupled.features()
    coupled.compile(keras.optimizers.SGD(0.25))
    coupled.fit(steps=1)
    np.testing.assert_allclose(np.linalg.norm(coupled.features() - before, axis=1), 0.25, rtol=1e-4)


@pytest.mark.release
def test_targets_do_not_change_each_other(network):
    def image(*chosen):
        coupled = CoupledGenerator(network, list(chosen), generator=decoder(), gain=0.01, noise=0.0, seed=3)
        coupled.gains.gain.assign(np.tile(np.linspace(-0.1, 0.1, 3 * SIZE * SIZE), (len(chosen), 1)))
        coupled.compile(keras.optimizers.Adam(0.05))
        coupled.fit(steps=5)
        return coupled.images()[0]

    alone, beside = image(target.classes(0)), image(target.classes(0), target.classes(2))
    np.testing.assert_allclose(alone, beside, atol=0.05)


@pytest.mark.parametrize("shared", [pytest.param(False, marks=pytest.mark.release), True])
def test_restarted_for_other_targets_it_makes_what_a_new_model_would(network, shared):
    settings = {"generator": decoder(), "gain": 0.01} if shared else {"width": 0.05}
    first = [target.classes(0) + target.unit("edges", 1), target.classes(1)]
    other = [target.classes(2), target.classes(1, 0) + target.unit("edges", 2)]

    def made(targets):
        coupled = CoupledGenerator(network, targets, smallest_view=0.6, seed=3, **settings)
        coupled.compile(keras.optimizers.Adam(0.01))
        return coupled

    coupled = made(first)
    coupled.fit(steps=3)
    begun = coupled.images()
    traced, step = [], coupled.frozen.model.network.call
    coupled.frozen.model.network.call = lambda *given, **named: traced.append(1) or step(*given, **named)
    coupled.restart(other)
    coupled.fit(steps=3)
    assert not traced  # the step was made for the targets before
    expected = made(other)
    expected.fit(steps=3)
    np.testing.assert_array_equal(coupled.images(), expected.images())
    coupled.restart(first)
    coupled.fit(steps=3)
    np.testing.assert_array_equal(coupled.images(), begun)


def test_what_is_no_target(network):
    for loss in ("activation", "cross_entropy"):
        with pytest.raises(ValueError, match="expected targets, see"):
            CoupledGenerator(network, ["cat"], loss=loss, width=0.05)


def test_wrong_restarts(network):
    coupled = CoupledGenerator(network, target.classes(0), width=0.05, loss="cross_entropy")
    with pytest.raises(ValueError, match="compile first"):
        coupled.restart(target.classes(1))
    coupled.compile()
    for wrong, message in (
        ([target.classes(1), target.classes(2)], "expected 1 targets as before, received 2"),
        (target.unit("edges", 1), r"as before, received also \[\('edges', 'mean'\)\]"),
        (-1.0 * target.classes(1), "negative weights"),
        (target.classes(99), "99"),
    ):
        with pytest.raises(ValueError, match=message):
            coupled.restart(wrong)
    coupled.fit(steps=1)  # as nothing had been


def test_the_papers_optimisers_and_medians(network):
    own = CoupledGenerator(network, target.classes(0), width=0.05)
    own.compile()
    assert isinstance(own.optimizer, keras.optimizers.Adamax)
    shared = CoupledGenerator(network, target.classes(0), generator=decoder())
    shared.compile()
    assert isinstance(shared.optimizer, keras.optimizers.SGD) and shared.optimizer.nesterov
    assert (own.perturb.kind, own.perturb.rate) == ("gaussian", 2.0)
    assert (shared.perturb.kind, shared.perturb.rate) == ("multiplicative", 0.05)  # Table 1
    assert np.abs(shared.images(median_of=9) - shared.images()).mean() < 20
    assert (shared.images(median_of=3) != shared.images(median_of=3)).any()


def test_images_of_another_size_than_the_networks(network):
    coupled = CoupledGenerator(network, target.classes(1), size=32, width=0.05)
    coupled.compile()
    coupled.fit(steps=1)
    assert coupled.images().shape == (1, 32, 32, 3)


@pytest.mark.long
def test_a_loss_that_is_not_finite_stops_it(network):
    coupled = CoupledGenerator(network, target.classes(1), width=0.05)
    coupled.compile(keras.optimizers.SGD(float("inf")))
    with pytest.raises(FloatingPointError, match=r"batch 2: loss is nan.* learning rate is inf"):
        coupled.fit(steps=3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "hinge"}, "loss must be one of"),
        ({"loss": "cross_entropy", "target": -1.0 * target.classes(0)}, "negative weights need loss='activation'"),
        ({"competition": -1.0}, "at least 0, received -1.0"),
        ({"regularization": float("nan")}, "at least 0, received 1.0 and nan"),
        ({"smallest_view": 0.0}, "smallest must lie in"),
        ({"unit_steps": True}, "pass the `generator`"),
        ({"brightness": [1.0, 2.0]}, "one for each of 3 channels"),
        ({"generator": classifiers.build("digit_cnn")}, "must map \\(B, F\\) to \\(B, H, W, 3\\)"),
    ],
)
def test_wrong_settings(network, settings, message):
    with pytest.raises(ValueError, match=message):
        CoupledGenerator(network, **{"target": target.classes(0), **settings})


@pytest.mark.release
def test_a_unit_counts_beside_a_class_in_cross_entropy(network):
    def loss(*terms):
        coupled = CoupledGenerator(
            network, sum(terms[1:], start=terms[0]), width=0.05, noise=0.0, regularization=0.0, loss="cross_entropy"
        )
        coupled.compile(keras.optimizers.SGD(0.0))
        return coupled.fit(steps=1).history["loss"][0]

    alone, unit = loss(target.classes(0)), loss(target.unit("edges", 2))
    assert unit != 0
    assert loss(target.classes(0), target.unit("edges", 2)) == pytest.approx(alone + unit, rel=1e-4)


def test_both_losses_together(network):
    def loss(objective):
        coupled = CoupledGenerator(
            network, target.classes(0), generator=decoder(), gain=1.0, noise=0.0, regularization=0.0, loss=objective
        )
        coupled.compile(keras.optimizers.SGD(0.0))
        return coupled.fit(steps=1).history["loss"][0]

    assert loss("both") == pytest.approx(loss("activation") + loss("cross_entropy"), rel=1e-4)


@pytest.mark.release
def test_it_is_kept_without_its_network_and_goes_on_with_it(network, tmp_path):
    targets = [target.classes(0, 1), target.unit("edges", 2, (1, 1))]
    coupled = CoupledGenerator(network, targets, width=0.05, seed=3)
    coupled.compile(keras.optimizers.Adam(0.01))
    coupled.fit(steps=2)
    coupled.save(tmp_path / "coupled.keras")
    again = keras.saving.load_model(tmp_path / "coupled.keras")
    np.testing.assert_array_equal(again.images(), coupled.images())
    with pytest.raises(ValueError, match="no classifier"):
        again.fit(steps=1)
    again.set_classifier(network)
    again.fit(steps=1)
    assert again.optimizer.iterations == 3
    artifact = kinv.save(coupled, tmp_path / "artifact")
    np.testing.assert_array_equal(kinv.load(artifact).images(), coupled.images())
    loaded = tf.saved_model.load(str(artifact / "saved_model"))
    np.testing.assert_allclose(loaded.images(np.array([1], "int32")), coupled.images()[1:], atol=1e-3)


def test_a_shared_generator_is_not_kept_and_says_so(network):
    with pytest.raises(NotImplementedError, match=r"keep `images\(\)`"):
        CoupledGenerator(network, target.classes(0), generator=decoder()).get_config()
