"""Deep belief nets and stacks of denoising autoencoders: greedy training, coding, sampling, fine-tuning."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kinv
from kinv.models import DeepBeliefNetwork, StackedDenoisingAutoencoder

from .tiny_machine import chi_squared_p, count_states, joint, randomize, states

DATA = (np.random.default_rng(0).random((200, 6)) < np.linspace(0.1, 0.9, 6)).astype("float32")
MAKE = {
    "dbn": lambda **settings: DeepBeliefNetwork((6, 5, 4, 3), **settings),
    "sdae": lambda **settings: StackedDenoisingAutoencoder((6, 5, 4, 3), **settings),
}
either = pytest.mark.parametrize("kind", MAKE)


def trained(kind, epochs=1, initial_epoch=0, model=None):
    model = model or MAKE[kind]()
    if not hasattr(model, "optimizers"):
        model.compile(keras.optimizers.SGD(0.1, momentum=0.5))
    history = model.fit(DATA, batch_size=20, epochs=epochs, initial_epoch=initial_epoch, shuffle=False, verbose=0)
    return model, history.history


def kernels(model):
    return [keras.ops.convert_to_numpy(block.kernel).copy() for block in model.blocks]


@either
def test_layers_are_trained_one_after_the_other(kind):
    model, before = MAKE[kind](), kernels(MAKE[kind]())
    changed = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            now = kernels(self.model)
            changed.append([bool((a != b).any()) for a, b in zip(now, before, strict=True)])
            before[:] = now

    model.compile(keras.optimizers.SGD(0.1))
    history = model.fit(DATA, epochs=(2, 1, 1), batch_size=50, verbose=0, callbacks=[Watch()])
    assert changed == [[True, False, False]] * 2 + [[False, True, False], [False, False, True]]
    assert history.history["layer"] == [1, 1, 2, 3]


@either
def test_interrupted_training_ends_with_the_same_bits(kind, tmp_path):
    whole, _ = trained(kind, epochs=2)
    half, _ = trained(kind, epochs=(2, 1, 0))
    half.save_weights(tmp_path / "half.weights.h5")
    rest = MAKE[kind]()
    rest.compile(keras.optimizers.SGD(0.1, momentum=0.5))
    rest.load_weights(tmp_path / "half.weights.h5")
    trained(kind, epochs=2, initial_epoch=3, model=rest)
    for one, other in zip(kernels(whole), kernels(rest), strict=True):
        np.testing.assert_array_equal(one, other)


@either
def test_coding_goes_through_the_layers(kind):
    model = MAKE[kind](seed=3)
    x = DATA
    for depth, block in enumerate(model.blocks, start=1):
        x = 1 / (1 + np.exp(-(x @ np.asarray(block.kernel) + np.asarray(block.hidden_bias))))
        np.testing.assert_allclose(model.encode(DATA, depth), x, atol=1e-5)
    np.testing.assert_allclose(model(DATA), x, atol=1e-5)
    for block in reversed(model.blocks):
        x = 1 / (1 + np.exp(-(x @ np.asarray(block.kernel).T + np.asarray(block.visible_bias))))
    np.testing.assert_allclose(model.reconstruct(DATA), x, atol=1e-5)
    with pytest.raises(ValueError, match=r"layers must lie in 1..3, received 4"):
        model.encode(DATA, 4)


@pytest.mark.release
@either
def test_fine_tuning_starts_at_the_layers_and_learns(kind):
    model = MAKE[kind]()
    images, labels = 255 * DATA.reshape(-1, 2, 3, 1), DATA[:, 0].astype(int)
    classifier = model.classifier(2, (2, 3, 1))
    features = keras.Model(classifier.input, classifier.get_layer("hidden3").output)
    np.testing.assert_allclose(features(images), model(DATA), atol=1e-5)
    classifier.compile(
        keras.optimizers.Adam(0.05), keras.losses.SparseCategoricalCrossentropy(True), metrics=["accuracy"]
    )
    classifier.fit(images, labels, epochs=30, verbose=0)
    assert classifier.evaluate(images, labels, verbose=0)[1] > 0.95
    with pytest.raises(ValueError, match="input_shape must have 6 values"):
        model.classifier(2, (3, 3, 1))


@pytest.mark.release
@either
def test_keras_files_artifacts_and_saved_models(kind, tmp_path):
    model, _ = trained(kind)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(DATA), loaded(DATA))
    for one in (model, loaded):
        trained(kind, model=one)
    np.testing.assert_array_equal(kernels(model)[2], kernels(loaded)[2])
    folder = kinv.save(model, tmp_path / "artifact")
    np.testing.assert_array_equal(kinv.load(folder)(DATA), model(DATA))
    exported = tf.saved_model.load(folder / "saved_model")
    np.testing.assert_allclose(exported.encode(DATA), model(DATA), atol=1e-6)
    if kind == "sdae":
        np.testing.assert_allclose(exported.reconstruct(DATA), model.reconstruct(DATA), atol=1e-6)
        np.testing.assert_allclose(exported.decode(model(DATA)), model.reconstruct(DATA), atol=1e-6)
    else:
        first, again, other = (exported.sample(np.array([seed, 0], "int32"), 50) for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert (first.numpy() != other.numpy()).any() and set(np.unique(first)) == {0.0, 1.0}
        top = model.blocks[-1]
        states, draws = (np.full((3, units), 0.4, "float32") for units in (top.visible_units, top.hidden_units))
        swept = exported.sweep(states, draws)
        np.testing.assert_allclose(swept, top.sweep(states, draws), atol=1e-6)
        down = swept
        for block in model.blocks[-2::-1]:
            down = block.visible_means(down)
        np.testing.assert_allclose(exported.decode(swept), down, atol=1e-6)


@either
def test_streams_validation_and_bad_data(kind):
    model = MAKE[kind]()
    model.compile(keras.optimizers.SGD(0.1))
    stream = tf.data.Dataset.from_tensor_slices((DATA, DATA[:, 0])).repeat().batch(10)
    history = model.fit(stream, steps_per_epoch=4, shuffle=False, verbose=0, validation_data=(DATA,)).history
    assert len(history["val_reconstruction_error"]) == 3
    for data, message in ((255 * DATA, "0..1"), (DATA[:, :3], r"\(count, 6\)"), (np.nan * DATA, "finite")):
        with pytest.raises(ValueError, match=message):
            model.fit(data, verbose=0)
    with pytest.raises(ValueError, match="epochs must be one number or 3"):
        model.fit(DATA, epochs=(1, 1), verbose=0)
    with pytest.raises(ValueError, match="expected one optimizer or 3, received 2"):
        model.compile([keras.optimizers.SGD(), keras.optimizers.SGD()])
    with pytest.raises(ValueError, match="units must be"):
        type(model)((6,))


@either
def test_keras_callbacks_see_every_layer(kind, tmp_path):
    model = MAKE[kind]()
    model.compile(keras.optimizers.SGD(0.1))
    board = keras.callbacks.TensorBoard(tmp_path / "board")
    table = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    model.fit(DATA, batch_size=50, epochs=1, verbose=0, callbacks=[board, table])
    rows = (tmp_path / "log.csv").read_text().splitlines()
    assert len(rows) == 4 and "reconstruction_error" in rows[0] and "layer" in rows[0]
    assert any((tmp_path / "board").rglob("events*"))


def test_a_clamped_unit_of_the_first_layer_conditions_its_machine():
    model = DeepBeliefNetwork((4, 3, 2))
    machine = randomize(model.blocks[0])
    samples, _ = model.sample(8000, 40, seed=1, layer=1, units=[2])
    on = states(3)[:, 2] == 1
    p = joint(machine)[:, on].sum(axis=1)
    assert chi_squared_p(count_states(samples), p / p.sum()) > 1e-3


@pytest.mark.parametrize("units", [(), (0,)])
def test_samples_come_down_from_the_uppermost_machine(units):
    model = DeepBeliefNetwork((4, 3, 2))
    below, top = (randomize(block, seed) for seed, block in enumerate(model.blocks))
    samples, means = model.sample(8000, 40, seed=1, units=units)
    p = joint(top)
    on = states(2)[:, list(units)].all(axis=1)
    of_hidden = p[:, on].sum(axis=1) / p[:, on].sum()
    given = np.asarray(below.visible_means(states(3)), "float64")
    v = states(4)
    of_visible = of_hidden @ np.prod(np.where(v[None], given[:, None], 1 - given[:, None]), axis=2)
    assert chi_squared_p(count_states(samples), of_visible) > 1e-3
    np.testing.assert_allclose(np.mean(means, axis=0), of_hidden @ given, atol=0.02)
    with pytest.raises(ValueError, match=r"units of layer 2 must lie in 0..1, received \[2\]"):
        model.sample(1, 1, units=[2])


def test_the_first_machine_may_be_gaussian():
    model = DeepBeliefNetwork((6, 5, 4), visible="gaussian")
    model.compile(keras.optimizers.SGD(0.01))
    model.fit(np.random.default_rng(0).normal(size=(100, 6)).astype("float32"), epochs=1, verbose=0)
    assert [block.visible for block in model.blocks] == ["gaussian", "bernoulli"]
    assert np.asarray(model.sample(5, 3)[0]).min() < 0


def test_losses_are_those_of_the_paper():
    stack = StackedDenoisingAutoencoder((6, 5), rates=0.0)
    y = np.clip(stack.reconstruct(DATA), 1e-7, 1 - 1e-7)
    cross_entropy = -(DATA * np.log(y) + (1 - DATA) * np.log(1 - y)).sum(axis=1).mean()
    np.testing.assert_allclose(stack.measure_block(0, DATA, None)[0], cross_entropy, rtol=1e-4)
    linear = StackedDenoisingAutoencoder((6, 5), loss="mse", rates=0.0)
    missed = np.square(DATA - np.asarray(linear.reconstruct(DATA))).sum(axis=1).mean() / 2
    np.testing.assert_allclose(linear.measure_block(0, DATA, None)[0], missed, rtol=1e-5)


def test_tied_weights_follow_both_paths():
    stack = StackedDenoisingAutoencoder((6, 5), rates=0.0, seed=1)
    kernel = stack.blocks[0].kernel
    start, data = keras.ops.convert_to_numpy(kernel).astype("float64"), tf.constant(DATA)
    stack.compile(keras.optimizers.SGD(1.0))
    tf.function(lambda: stack.learn_block(0, data, stack.optimizers[0], None))()
    slope = start - keras.ops.convert_to_numpy(kernel)
    for place in ((0, 0), (3, 2), (5, 4)):
        values = []
        for step in (0.01, -0.01):
            moved = start.copy()
            moved[place] += step
            kernel.assign(moved)
            stack.blocks[0].hidden_bias.assign(np.zeros(5))
            stack.blocks[0].visible_bias.assign(np.zeros(6))
            values.append(float(stack.measure_block(0, data, None)[0]))
        np.testing.assert_allclose(slope[place], (values[0] - values[1]) / 0.02, atol=2e-3)


def test_weights_that_are_not_finite_are_not_kept(tmp_path):
    stack = StackedDenoisingAutoencoder((6, 5), loss="mse")
    stack.compile(keras.optimizers.SGD(1e37))
    kept = keras.callbacks.ModelCheckpoint(tmp_path / "kept.weights.h5", save_weights_only=True)
    with pytest.raises(FloatingPointError, match=r"is not finite.*learning rate is 1e\+37"):
        stack.fit(1e4 * DATA[:20], batch_size=20, epochs=1, verbose=0, callbacks=[kept])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("units", [(6, 10**9), (10**5, 10**5), (6, *[1] * 60)])
def test_hostile_sizes_are_refused(units):
    for method in (DeepBeliefNetwork, StackedDenoisingAutoencoder):
        with pytest.raises(ValueError, match=r"at most 100,000,000|at most 50"):
            method(units)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "l1"}, "loss must be one of"),
        ({"rates": (0.1, 0.2)}, "rates must be one number or 3"),
        ({"rates": 1.0}, "rate must lie in"),
        ({"corruption": "blur"}, "kind must be one of"),
    ],
)
def test_wrong_settings_of_autoencoders(settings, message):
    with pytest.raises(ValueError, match=message):
        StackedDenoisingAutoencoder((6, 5, 4, 3), **settings)


def test_sparsity_is_of_every_machine_or_of_each_its_own():
    net = DeepBeliefNetwork((6, 5, 4), sparsity=(0.1, None))
    assert [block.sparsity for block in net.blocks] == [0.1, None]
    assert [block.sparsity for block in DeepBeliefNetwork((6, 5, 4), sparsity=0.2).blocks] == [0.2, 0.2]
    again = DeepBeliefNetwork.from_config(net.get_config())
    assert [block.sparsity for block in again.blocks] == [0.1, None]
    with pytest.raises(ValueError, match="sparsity must be one number or 2, received"):
        DeepBeliefNetwork((6, 5, 4), sparsity=(0.1,))
