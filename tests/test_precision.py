"""kinv's own layers have channels last where a program has them first."""

import keras
import numpy as np
import pytest

import kinv
from kinv import classifiers, models
from kinv.models import target
from kinv.ops.stroke_width import stroke_width
from kinv.precision import float32


@pytest.fixture
def channels_first():
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format("channels_last")


def test_what_a_program_sets_is_set_again_afterwards(channels_first):
    with pytest.raises(RuntimeError), float32():
        assert keras.config.image_data_format() == "channels_last" and keras.config.dtype_policy().name == "float32"
        raise RuntimeError
    assert keras.config.image_data_format() == "channels_first"


def test_everything_works_where_channels_come_first(channels_first, random):
    network = classifiers.build("digit_cnn")
    digits = random.uniform(0, 255, (6, 28, 28, 1)).astype("float32")
    assert network(digits[:2]).shape == (2, 10)
    assert kinv.maximize_activation(network, "conv4", [1], restarts=1, steps=2).inputs.shape == (1, 1, 28, 28, 1)
    gan = models.FilterGAN(network, "conv4", latent_dim=2, width=4)
    gan.compile(run_eagerly=True)
    gan.fit(digits, batch_size=6, verbose=0, preflight=False)
    autoencoder = models.DenoisingAutoencoder(size=32, channels=1, width=0.1)
    assert autoencoder.reconstruct(np.repeat(random.uniform(0, 255, (1, 32, 32, 1)), 2, axis=0)).shape == (2, 32, 32, 1)
    coupled = models.CoupledGenerator(network, [target.classes(3)], size=32, width=0.05)
    coupled.compile(run_eagerly=True)
    coupled.fit(steps=1)
    assert coupled.images().shape == (1, 32, 32, 1)
    assert kinv.screen(network, digits, transformations=["greyscale"], preflight=False).accuracy["unchanged"].min() == 1
    assert stroke_width(digits, np.ones(6, "float32")).shape == digits.shape
    assert kinv.metamers(network, "conv2", digits[:2], steps=1).images.shape == (1, 2, 1, 28, 28, 1)


def test_a_network_with_channels_first_is_refused(channels_first):
    with pytest.raises(ValueError, match="channels"):
        kinv.wrap(keras.Sequential([keras.layers.Input((1, 8, 8)), keras.layers.Flatten(), keras.layers.Dense(3)]))
