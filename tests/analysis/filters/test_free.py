"""Free filters, of networks whose layers see little by construction."""

import keras
import numpy as np
import pytest

import kinv
from kinv.analysis.filters.free import free_filters


@pytest.fixture
def grey(random):
    """Images whose three channels are equal: of three weights in each place of a filter, two mixtures see nothing."""
    return np.repeat(random.uniform(0, 255, (200, 10, 10, 1)), 3, axis=-1).astype("float32")


def classifier(kind=keras.layers.Conv2D, name="convolution", **settings):
    keras.utils.set_random_seed(0)  # before the layer is made
    inputs = keras.Input((10, 10, 3))
    convolution = kind(kernel_size=3, name=name, **settings)
    x = keras.layers.ReLU()(convolution(keras.layers.Rescaling(1 / 255)(inputs)))
    return keras.Model(inputs, keras.layers.Dense(4)(keras.layers.Flatten()(x)))


def test_what_is_equal_in_all_images_is_free(grey):
    model = classifier(filters=6)
    found = free_filters(model, "convolution", grey, share=1e-9, sets=100)
    assert found.free.tolist() == [18] and found.weights == 27
    np.testing.assert_array_equal(found.unchanged, 1)
    assert found.moved < 1e-3 and found.control.mean() < 0.95
    assert "of 27 mixtures of a filter's weights, free are: 18." in found.summary() and "fewer, by" in found.summary()
    sets = found.filters(5, seed=3)
    assert sets.shape == (5, 3, 3, 3, 6) and sets.dtype == "float32"
    kernel = np.asarray(model.get_layer("convolution").kernel)
    np.testing.assert_allclose(sets.sum(axis=3), np.stack([kernel.sum(axis=2)] * 5), atol=1e-5)
    spread = (sets - kernel).std(axis=(0, 1, 2, 3)) / kernel.std(axis=(0, 1, 2))
    assert np.abs(spread / np.sqrt(18 / 27) - 1).max() < 0.3
    np.testing.assert_array_equal(found.filters(2, seed=3, size=0.0), np.stack([kernel] * 2))
    np.testing.assert_array_equal(found.filters(2, seed=4), found.filters(2, seed=4))


def test_nothing_is_free_where_all_is_seen(random):
    images = random.uniform(0, 255, (60, 10, 10, 3)).astype("float32")
    found = free_filters(classifier(filters=6), "convolution", images, share=1e-3)
    assert found.free.tolist() == [0] and found.summary().endswith("free are: none.")
    np.testing.assert_array_equal(found.filters(1)[0], found.moments.kernel.astype("float32"))


def test_few_images_do_not_make_directions_look_unseen(random):
    images = random.uniform(0, 255, (4, 10, 10, 3)).astype("float32")
    keras.utils.set_random_seed(0)
    inputs = keras.Input((10, 10, 3))
    x = keras.layers.Conv2D(6, 7, name="wide")(keras.layers.Rescaling(1 / 255)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(4)(keras.layers.Flatten()(x)))
    found = free_filters(model, "wide", images)  # 147 weights, of which 32 patches of two images leave 115 unseen
    assert found.free.tolist() < [10]


def test_every_group_has_its_own(random):
    images = random.uniform(0, 255, (40, 10, 10, 3)).astype("float32")
    images[..., 1] = 128  # constant: one mixture of nine is seen
    found = free_filters(classifier(keras.layers.DepthwiseConv2D, "depth"), "depth", images, share=1e-6)
    assert found.free.tolist() == [0, 8, 0] or found.free.tolist() == [0, 9, 0]  # a filter that sees a constant is dead


def test_a_network_that_answers_the_same_to_everything_is_named(grey):
    model = classifier(filters=6)
    model.layers[-1].set_weights([np.zeros_like(model.layers[-1].kernel), np.array([0, 1, 0, 0], "float32")])
    found = free_filters(model, "convolution", grey)
    assert found.classes == 1 and "one class: that predictions stay says nothing" in found.summary()
    assert "says nothing" not in free_filters(classifier(filters=6), "convolution", grey).summary()


def test_more_share_frees_more_and_moves_more(random):
    images, _ = kinv.data.load("mnist", "test", limit=120)
    network = kinv.classifiers.load("digit_cnn")
    small, large = (free_filters(network, "conv4", images, share=share, sets=4) for share in (1e-3, 1e-2))
    assert 0 < small.free[0] < large.free[0] and small.moved < large.moved
    assert large.moved == pytest.approx(0.1, rel=0.3)


@pytest.mark.parametrize("settings", [{"share": 0.0}, {"limit": 3}, {"sets": 0}])
def test_wrong_settings(grey, settings):
    with pytest.raises(ValueError, match="share must be above 0, limit at least 4 and sets at least 1"):
        free_filters(classifier(filters=6), "convolution", grey, **settings)
    with pytest.raises(ValueError, match="convolution"):
        free_filters(classifier(filters=6), "convoluted", grey)
