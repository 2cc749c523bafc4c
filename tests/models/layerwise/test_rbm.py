"""The restricted Boltzmann machine against exact enumeration of small ones."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import kinv
from kinv.analysis import exact_log_partition, log_likelihood
from kinv.artifacts.manifest import write_manifest
from kinv.models import DeepBeliefNetwork, FreeEnergyGap, RestrictedBoltzmannMachine, StackedDenoisingAutoencoder

from .tiny_machine import chi_squared_p, count_states, joint, randomize, states

PATTERNS = np.array([[1, 1, 0, 0, 1, 0], [1, 1, 0, 0, 1, 1], [0, 0, 1, 1, 0, 1], [0, 0, 1, 1, 0, 0]], "float32")


def exact_slope(machine, data):
    """Of the log-likelihood with respect to the weights."""
    p = joint(machine)
    model = states(machine.visible_units).T @ p @ states(machine.hidden_units)
    return data.T @ np.asarray(machine.hidden_probabilities(data)) / len(data) - model


@pytest.mark.parametrize("generator", ["philox", pytest.param("threefry", marks=pytest.mark.long)])
def test_the_angle_to_the_exact_gradient_shrinks_with_k(generator):
    data = np.repeat(PATTERNS, 20_000, axis=0)
    cosines = []
    for steps in (1, 3, 30):
        machine = randomize(RestrictedBoltzmannMachine(6, 4, steps=steps), scale=2.5)  # so that chains mix slowly
        exact = exact_slope(machine, PATTERNS)
        before = keras.ops.convert_to_numpy(machine.kernel).copy()
        machine.compile(keras.optimizers.SGD(1.0))
        learn = tf.function(machine.learn, jit_compile=generator == "threefry")
        learn(tf.constant(data), machine.optimizer, generator)
        step = keras.ops.convert_to_numpy(machine.kernel).copy() - before
        cosines.append((step * exact).sum() / np.linalg.norm(step) / np.linalg.norm(exact))
    assert cosines[0] < cosines[1] < cosines[2]
    assert cosines[2] > 0.9999


@pytest.mark.parametrize("persistent", [False, True])
def test_the_exact_log_likelihood_rises(persistent):
    machine = RestrictedBoltzmannMachine(6, 4, persistent=persistent, chains=100, seed=2)
    machine.compile(keras.optimizers.SGD(0.05))

    def score():
        return log_likelihood(machine, PATTERNS, exact_log_partition(machine)).mean()

    scores = [score()]
    for _ in range(3):
        machine.fit(np.tile(PATTERNS, (250, 1)), batch_size=20, epochs=5, shuffle=False, verbose=0)
        scores.append(score())
    assert scores[0] < scores[1] < scores[2] < scores[3]
    assert scores[3] > -2.2  # four patterns, alike: at most -1.39; nothing learned: -4.16


def test_weight_decay_and_sparsity_pull():
    def trained(**settings):
        machine = RestrictedBoltzmannMachine(6, 4, **settings)
        machine.compile(keras.optimizers.SGD(0.2))
        machine.fit(np.tile(PATTERNS, (250, 1)), batch_size=20, epochs=6, shuffle=False, verbose=0)
        return machine

    plain, decayed, sparse = trained(), trained(weight_decay=0.05), trained(sparsity=0.1, sparsity_weight=5.0)
    assert np.square(decayed.kernel).sum() < 0.5 * np.square(plain.kernel).sum()
    activity = [np.mean(machine.hidden_probabilities(PATTERNS)) for machine in (plain, sparse)]
    assert 0.1 < activity[1] < 0.35 < 0.45 < activity[0]


def test_interrupted_training_ends_with_the_same_bits(tmp_path):
    data = np.repeat(PATTERNS, 25, axis=0)

    def machine():
        made = RestrictedBoltzmannMachine(6, 4, persistent=True, chains=10)
        made.compile(keras.optimizers.SGD(0.1, momentum=0.9))
        return made

    whole, first, second = machine(), machine(), machine()
    whole.fit(data, batch_size=20, epochs=4, shuffle=False, verbose=0)
    first.fit(data, batch_size=20, epochs=2, shuffle=False, verbose=0)
    first.save_weights(tmp_path / "half.weights.h5")
    second.load_weights(tmp_path / "half.weights.h5")
    second.fit(data, batch_size=20, epochs=4, initial_epoch=2, shuffle=False, verbose=0)
    np.testing.assert_array_equal(whole.kernel, second.kernel)


def test_it_is_saved_and_loaded_with_its_optimizer(tmp_path):
    machine = RestrictedBoltzmannMachine(6, 4, visible="gaussian", weight_decay=0.1)
    machine.compile(keras.optimizers.SGD(0.05, momentum=0.5))
    machine.fit(PATTERNS, epochs=1, verbose=0)
    machine.save(tmp_path / "machine.keras")
    loaded = keras.models.load_model(tmp_path / "machine.keras")
    np.testing.assert_array_equal(machine(PATTERNS), loaded(PATTERNS))
    for one in (machine, loaded):
        one.fit(PATTERNS, epochs=1, verbose=0)
    # two traces may round the last bit in another way; without its momentum, they would differ by up to a third
    np.testing.assert_allclose(machine.kernel, loaded.kernel, rtol=2e-6, atol=1e-8)


def test_every_image_has_a_pixel_of_its_own_in_the_pseudo_likelihood():
    # of independent pixels half of which are certain: -log(2) for the others, whichever is drawn
    machine = RestrictedBoltzmannMachine(64, 2)
    machine.kernel.assign(np.zeros((64, 2)))
    machine.visible_bias.assign(np.repeat([0.0, 50.0], 32))
    images = np.ones((4000, 64), "float32")
    images[:, :32] = np.random.default_rng(0).random((4000, 32)) < 0.5
    machine.compile()
    stream = tf.data.Dataset.from_tensor_slices(images).batch(8)
    found = machine.evaluate(stream, verbose=0, return_dict=True)["pseudo_likelihood"]
    assert found == pytest.approx(-32 * np.log(2), rel=0.06)
    assert machine.evaluate(stream, verbose=0, return_dict=True)["pseudo_likelihood"] == found


def test_metrics_are_of_the_weights_before_the_step():
    machine = randomize(RestrictedBoltzmannMachine(6, 4))
    expected = float(np.mean(machine.free_energy(PATTERNS)))
    machine.compile(keras.optimizers.SGD(5.0))
    assert float(machine.learn(tf.constant(PATTERNS), machine.optimizer)[1]) == pytest.approx(expected, rel=1e-5)


def test_bad_validation_data_is_refused_before_training():
    machine = RestrictedBoltzmannMachine(6, 4)
    machine.compile()
    with pytest.raises(ValueError, match=r"validation_data must lie in 0\.\.1"):
        machine.fit(PATTERNS, validation_data=(255 * PATTERNS,), verbose=0)
    assert int(machine.drawn) == 0


def test_the_gap_is_refused_where_there_is_no_free_energy():
    stack = StackedDenoisingAutoencoder((6, 4))
    stack.compile()
    with pytest.raises(ValueError, match="FreeEnergyGap is for Boltzmann machines"):
        stack.fit(PATTERNS, verbose=0, callbacks=[FreeEnergyGap(PATTERNS, PATTERNS)])


@pytest.mark.parametrize(
    "change", [{"hidden_units": 10**9}, {"chains": 10**9, "persistent": True}, {"visible_units": 10**12}]
)
def test_hostile_sizes_are_refused(tmp_path, change):
    folder = kinv.save(RestrictedBoltzmannMachine(6, 4), tmp_path / "machine", saved_model=False)
    content = json.loads((folder / "config.json").read_text())
    content["config"] |= change
    (folder / "config.json").write_text(json.dumps(content))
    write_manifest(folder)
    with pytest.raises(kinv.ArtifactError, match="at most 100,000,000"):
        kinv.load(folder)


def test_validation_measures_the_pseudo_likelihood():
    machine = RestrictedBoltzmannMachine(6, 4)
    machine.compile()
    history = machine.fit(PATTERNS, epochs=1, verbose=0, validation_data=(PATTERNS,)).history
    assert -6 * np.log(2) * 1.5 < history["val_pseudo_likelihood"][0] < 0
    assert {"reconstruction_error", "free_energy", "val_free_energy"} <= set(history)


@pytest.mark.release
def test_the_free_energy_gap_grows_where_data_is_learned_by_heart():
    random = np.random.default_rng(0)
    data, held_out = (random.random((2, 20, 30)) < 0.5).astype("float32")
    machine = RestrictedBoltzmannMachine(30, 60)
    machine.compile(keras.optimizers.SGD(0.2))
    gap = FreeEnergyGap(data, held_out)
    many = np.tile(data, (50, 1))
    history = machine.fit(many, batch_size=20, epochs=10, shuffle=False, verbose=0, callbacks=[gap]).history
    gaps = history["free_energy_gap"]
    assert 0 < gaps[0] < 3 < 6 < gaps[-1]
    both = [float(np.mean(machine.free_energy(vectors))) for vectors in (held_out, data)]
    assert gaps[-1] == pytest.approx(both[0] - both[1], rel=1e-4)
    net = DeepBeliefNetwork((30, 10, 5))
    net.compile()
    net.fit(many, epochs=1, verbose=0, callbacks=[gap])
    codes = [net.encode(vectors, 1) for vectors in (held_out, data)]
    both = [float(np.mean(net.blocks[1].free_energy(vectors))) for vectors in codes]
    assert net.history.history["free_energy_gap"][-1] == pytest.approx(both[0] - both[1], rel=1e-3, abs=1e-4)


def test_streams_and_labels_are_taken():
    stream = tf.data.Dataset.from_tensor_slices((PATTERNS, np.arange(4))).repeat().batch(2)
    machine = RestrictedBoltzmannMachine(6, 4, binarize=True)
    machine.compile()
    machine.fit(stream, steps_per_epoch=3, epochs=2, shuffle=False, verbose=0)
    assert int(machine.drawn) == 6


def test_adapt_starts_at_the_pixels_log_odds():
    machine = RestrictedBoltzmannMachine(6, 4)
    machine.adapt(np.repeat(PATTERNS, 25, axis=0))
    np.testing.assert_allclose(machine.visible_means(np.zeros((1, 4), "float32"))[0], PATTERNS.mean(axis=0), atol=0.01)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"visible": "poisson"}, "visible must be one of"),
        ({"steps": 0}, "at least 1"),
        ({"sparsity": 1.5}, "sparsity must lie in 0..1"),
        ({"visible": "gaussian", "binarize": True}, "pass binarize=False"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        RestrictedBoltzmannMachine(6, 4, **settings)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (255 * PATTERNS, "0..1 for Bernoulli units, received values from 0 to 255.*as_vectors"),
        (PATTERNS[:, :4], r"shape \(count, 6\), received \(4, 4\)"),
        (PATTERNS * np.nan, "must be finite"),
        (PATTERNS[:0], "must have shape"),
        (tf.data.Dataset.from_tensor_slices(-PATTERNS).batch(2), "the first batch of x must lie in 0..1"),
    ],
)
def test_wrong_data_is_refused_before_training(data, message):
    machine = RestrictedBoltzmannMachine(6, 4)
    machine.compile()
    with pytest.raises(ValueError, match=message):
        machine.fit(data, verbose=0)
    assert int(machine.drawn) == 0


def test_divergence_names_the_learning_rate():
    machine = RestrictedBoltzmannMachine(6, 4, visible="gaussian")
    machine.compile(keras.optimizers.SGD(1e30))
    with pytest.raises(FloatingPointError, match=r"diverged in epoch 1.*The learning rate is 1e\+30"):
        machine.fit(np.repeat(PATTERNS, 20, axis=0), batch_size=4, epochs=3, verbose=0)


def test_it_is_an_artifact(tmp_path):
    machine = RestrictedBoltzmannMachine(6, 4)
    folder = kinv.save(machine, tmp_path / "machine")
    np.testing.assert_array_equal(kinv.load(folder)(PATTERNS), machine(PATTERNS))
    exported = tf.saved_model.load(folder / "saved_model")
    np.testing.assert_allclose(exported.encode(PATTERNS), machine(PATTERNS), atol=1e-6)
    samples = exported.sample(np.array([1, 2], "int32"), 3)
    assert samples.shape == (3, 6) and set(np.unique(samples)) <= {0.0, 1.0}


def test_sweeps_with_the_callers_numbers_sample_the_machine(random):
    """As other runtimes have to do it, from the exported files: chains of `sweep` reach the exact distribution."""
    machine = randomize(RestrictedBoltzmannMachine(4, 3), seed=3)
    visible = np.zeros((20_000, 4), "float32")
    for _ in range(30):
        means = np.asarray(machine.sweep(visible, random.random((20_000, 3), "float32")))
        visible = (random.random(means.shape) < means).astype("float32")
    assert chi_squared_p(count_states(visible), joint(machine).sum(axis=1)) > 1e-3
    on = machine.visible_means(np.ones((2, 3), "float32"))
    np.testing.assert_allclose(machine.sweep(visible[:2], np.zeros((2, 3), "float32")), on)
