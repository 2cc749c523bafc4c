"""The generator of matrices: configuration, errors, and what it computes."""

import keras
import numpy as np
import pytest

from kinv import layers


def test_a_layer_survives_its_configuration():
    layer = layers.MatrixGenerator(3, 4, (5, 6), seed=3, name="c")
    config = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()


def test_matrices_start_near_the_identity_and_depend_on_k():
    generator = layers.MatrixGenerator(2, 3, seed=1)
    k = np.array([[0, 0], [1, 1], [0, 1]], "float32")
    matrices = keras.ops.convert_to_numpy(generator(k))
    difference = np.linalg.norm(matrices - np.eye(2, 3), axis=(1, 2))
    assert (difference > 0).all() and difference.max() < 0.3
    assert np.abs(matrices[0] - matrices[1]).max() > 0


def test_the_gain_scales_the_difference_from_the_identity():
    k = np.random.default_rng(0).uniform(size=(5, 2)).astype("float32")
    whole, quarter = (np.asarray(layers.MatrixGenerator(3, 4, seed=1, gain=gain)(k)) for gain in (1.0, 0.25))
    np.testing.assert_allclose(quarter - np.eye(3, 4), 0.25 * (whole - np.eye(3, 4)), atol=1e-6)


def test_the_same_seed_gives_the_same_generator():
    k = np.ones((1, 2), "float32")
    first, second, other = (layers.MatrixGenerator(2, 3, seed=seed)(k) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.MatrixGenerator(0, 3), "positive"),
        (lambda: layers.MatrixGenerator(2, 3, gain=0.0), "gain"),
        (lambda: layers.MatrixGenerator(2, 3, ()), "hidden_units"),
    ],
)
def test_wrong_arguments_are_refused_where_they_come_in(make, message):
    with pytest.raises(ValueError, match=message):
        make()
