"""The recipe that compares two networks by their metamers: what it measures, on networks that are known."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers
from scipy.stats import norm

from kinv import classifiers, data
from recipes import metamers_compare


@pytest.fixture(scope="module")
def digits():
    return data.load("mnist", "test", limit=60)


def test_images_are_those_that_both_networks_get_right(digits):
    images, labels = digits
    right = classifiers.load("digit_cnn")
    inputs = keras.Input((28, 28, 1))
    turned = layers.Lambda(lambda scores: -scores)(right(inputs))  # never says the label
    chosen, known = metamers_compare.right_by_both([right, right], data.find("mnist", "test").evenly(60), 10)
    assert len(chosen) == 10 < known <= 60 and chosen[0] < 10 and chosen[-1] > 50
    said = np.argmax(right(images[chosen].astype("float32")), axis=-1)
    np.testing.assert_array_equal(said, labels[chosen])
    with pytest.raises(ValueError, match=r"no image of .* is right by both networks"):
        metamers_compare.right_by_both([right, keras.Model(inputs, turned)], data.find("mnist", "test").evenly(60), 10)


def test_noise_has_the_error_that_it_is_given():
    inputs = keras.Input((4, 4, 1))
    hidden = layers.Flatten(name="layer")(inputs)
    network = keras.Model(inputs, layers.Dense(2, kernel_initializer="ones")(layers.Identity(name="next")(hidden)))
    images = np.random.default_rng(0).uniform(0, 255, (300, 4, 4, 1)).astype("float32")
    weights = np.random.default_rng(1).normal(size=(16, 2)).astype("float32")
    network.layers[-1].set_weights([weights, np.zeros(2, "float32")])
    errors = np.repeat([0.0, 0.05, 4.0], 100)
    kept = metamers_compare.noise_kept(network, "layer", images, errors, 20, 0)
    shares = kept.reshape(3, 100).mean(axis=1)
    # The difference of the two outputs is a projection of the outputs: its noise is known.
    flat, across = images.reshape(300, 16), weights[:, 0] - weights[:, 1]
    seen = np.abs(flat @ across) / (np.sqrt(errors).clip(1e-9) * flat.std(axis=1) * np.linalg.norm(across))
    np.testing.assert_allclose(shares, norm.cdf(seen).reshape(3, 100).mean(axis=1), atol=0.03)
    assert shares[0] == 1 and shares[2] < 0.9


def test_noise_at_the_last_layer_is_added_to_the_scores():
    network = classifiers.load("digit_cnn")
    images = np.random.default_rng(0).uniform(0, 255, (4, 28, 28, 1)).astype("float32")
    last = network.layers[-1].name
    assert (metamers_compare.noise_kept(network, last, images, np.zeros(4), 2, 0) == 1).all()
    assert metamers_compare.noise_kept(network, last, images, np.full(4, 1e6), 50, 0).mean() < 0.5


def test_shares_have_seeds_apart_and_intervals_of_the_images():
    kept = np.array([[True] * 10, [True] * 8 + [False] * 2])
    table = pd.DataFrame({
        "network": "net", "layer": "conv", "seed": np.repeat([0, 1], 10), "image": np.tile(range(10), 2),
        "correlation": np.repeat([0.98, 0.96], 10), "other_images": 0.1, "pixel_correlation": 0.5, "error": 0.05,
        "converged": kept.ravel(), "kept": kept.ravel(), "noise_kept": 1.0, "judge_kept": False,
    })  # fmt: skip
    (row,) = metamers_compare.summarised(table)
    assert row["unconverged"] == 2 and row["of"] == 20
    assert row["correlation"] == pytest.approx(0.97) and row["lowest_correlation"] == pytest.approx(0.96)
    assert row["kept"]["mean"] == pytest.approx(0.9) and row["kept"]["seeds"] == [pytest.approx(0.8), 1.0]
    low, high = row["kept"]["interval"]
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)  # Wilson's, of 9 of 10 and not of 18 of 20
    assert row["judge_kept"]["interval"][0] == 0
