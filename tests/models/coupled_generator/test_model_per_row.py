"""Models for a row each: what they answer and how they learn is the same as one by one."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from kinv.models.coupled_generator.generators import build_generator
from kinv.models.coupled_generator.model_per_row import ModelPerRow


def build(seed, units=3):
    inputs = keras.Input((4,))
    start = keras.initializers.GlorotUniform(seed)
    x = layers.BatchNormalization(name="norm")(layers.Dense(units, kernel_initializer=start)(inputs))
    return keras.Model(inputs, layers.Dense(2, kernel_initializer=start)(layers.Reshape((1, units))(x)))


@pytest.mark.parametrize("count", [1, 2])
def test_outputs_and_gradients_are_those_of_single_models(count):
    models = [build_generator(32, width=0.02, seed=seed) for seed in range(count)]
    together = ModelPerRow(models)
    rows = tf.constant(np.random.default_rng(0).normal(size=(count, models[0].input_shape[-1])), tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(rows)
        outputs = together(rows)
        alone = ops.concatenate([model(rows[row : row + 1], training=True) for row, model in enumerate(models)])
        of_both = tf.reduce_sum(tf.square(outputs - 1)), tf.reduce_sum(tf.square(alone - 1))
    np.testing.assert_allclose(outputs, alone, atol=1e-4)
    gradients = np.asarray(tape.gradient(of_both[0], together.rows))
    assert gradients.shape == (count, sum(np.size(weights) for weights in models[0].trainable_variables))
    for row, model in enumerate(models):
        expected = tape.gradient(of_both[1], model.trainable_variables)
        first = 0
        for single in map(np.asarray, expected):
            found = gradients[row, first : first + single.size].reshape(single.shape)
            scale, first = np.abs(single).max() + 1e-3, first + single.size
            np.testing.assert_allclose(found / scale, single / scale, atol=2e-3)
    expected, found = (tape.gradient(of_both[at], rows) for at in (1, 0))
    np.testing.assert_allclose(found, expected, atol=2e-3 * np.abs(expected).max())


def test_a_model_can_be_taken_out():
    models = [build(seed) for seed in range(2)]
    models[1].get_layer("norm").gamma.assign([4, 5, 6])
    together = ModelPerRow(models)
    np.testing.assert_array_equal(together.weights_of("norm", "gamma"), [[1, 1, 1], [4, 5, 6]])
    together.rows.assign(together.rows * 2)
    taken = together.model(1)
    np.testing.assert_array_equal(taken.get_layer("norm").gamma, [8, 10, 12])
    np.testing.assert_array_equal(models[1].get_layer("norm").gamma, [4, 5, 6])  # it is a copy
    rows = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
    np.testing.assert_allclose(together(rows)[1], taken(rows[1:], training=True)[0], atol=1e-5)


def test_architectures_must_agree():
    with pytest.raises(ValueError, match="same architecture, received 2"):
        ModelPerRow([build(0), build(1, units=4)])
    with pytest.raises(ValueError, match="same architecture, received 0"):
        ModelPerRow([])
