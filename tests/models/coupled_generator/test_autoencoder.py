"""The convolutional denoising autoencoder: its shapes, that it learns, and what is kept of it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kinv
from kinv.models import CoupledGenerator, DenoisingAutoencoder, target


@pytest.fixture
def images(random):
    """Horizontal ramps of some colours."""
    colors, ramp = random.uniform(0, 255, (12, 1, 1, 3)), np.linspace(0.2, 1, 32)[None, None, :, None]
    return (np.ones((12, 32, 1, 1)) * ramp * colors).astype("float32")


def small(**settings):
    return DenoisingAutoencoder(32, width=0.05, **settings)


def test_it_has_the_papers_shape():
    whole = DenoisingAutoencoder()
    convolutions = [layer for layer in whole.encoder.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [32, 32, 64, 64, 128, 128, 256, 256, 512, 512]
    pools = [layer for layer in whole.encoder.layers if isinstance(layer, keras.layers.MaxPooling2D)]
    assert [layer.output.shape[1] for layer in pools] == [112, 56, 28, 14, 7]
    assert whole.encoder.output_shape == whole.decoder.input_shape == (None, 3200)
    assert whole.decoder.output_shape == (None, 224, 224, 3)


@pytest.mark.release
def test_it_learns_and_needs_no_labels(images):
    autoencoder = small(noise=20.0)
    autoencoder.compile(keras.optimizers.Adam(3e-3))
    first = autoencoder.fit(images, batch_size=6, epochs=60, verbose=0).history["loss"]
    assert first[-1] < 0.3 * first[0]
    stream = tf.data.Dataset.from_tensor_slices((images, np.zeros(12))).batch(4)
    assert np.isfinite(autoencoder.evaluate(stream, verbose=0))
    again = np.asarray(autoencoder.reconstruct(images))
    assert again.shape == images.shape and again.min() >= 0 and again.max() <= 255


def test_noise_in_training_only(images):
    autoencoder = small(noise=50.0)
    np.testing.assert_array_equal(autoencoder(images), autoencoder(images))
    assert (np.asarray(autoencoder.corrupt(images, training=True)) - images).std() == pytest.approx(50, rel=0.05)
    both = autoencoder, small(noise=0.0)
    noisy, quiet = ([np.asarray(model(images, training=True)) for _ in range(2)] for model in both)
    assert np.abs(noisy[0] - noisy[1]).max() > 1e-3  # what is learned from is noisy
    np.testing.assert_allclose(quiet[0], quiet[1], atol=1e-3)
    whole = images.astype("uint8")
    np.testing.assert_allclose(autoencoder.encode(whole), autoencoder.encode(whole.astype("float32")), atol=1e-5)


@pytest.mark.release
def test_it_is_kept_as_an_artifact_with_its_endpoints(images, tmp_path):
    autoencoder = small()
    for variable in autoencoder.non_trainable_variables:
        variable.assign(0.5 + variable)  # statistics as after training
    folder = kinv.save(autoencoder, tmp_path / "dae")
    again = kinv.load(folder)
    np.testing.assert_allclose(again.reconstruct(images), autoencoder.reconstruct(images), atol=1e-3)
    served = tf.saved_model.load(folder / "saved_model")
    codes = served.encode(images)
    np.testing.assert_allclose(codes, autoencoder.encode(images), atol=1e-4)
    np.testing.assert_allclose(served.decode(codes), autoencoder.reconstruct(images), atol=1e-2)


def test_its_decoder_is_a_generator(images):
    inputs = keras.Input((32, 32, 3))
    classifier = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(inputs))  # red, green, blue
    coupled = CoupledGenerator(classifier, target.classes(0), generator=small().decoder, competition=2.0)
    assert [tuple(weights.shape) for weights in coupled.trainable_variables] == [(1, 512)]
    coupled.compile(keras.optimizers.Adam(0.05))
    history = coupled.fit(steps=30).history
    assert np.isfinite(history["loss"]).all()
    before = np.asarray(classifier(small().decode(np.ones((1, 512), "float32"))))[0]
    after = np.asarray(classifier(coupled.images()))[0]
    assert after[0] - after[1:].mean() > before[0] - before[1:].mean()


def test_wrong_settings():
    with pytest.raises(ValueError, match="size must be at least 32, received 28"):
        DenoisingAutoencoder(28)
    with pytest.raises(ValueError, match="for noise be finite, not negative"):
        small(noise=-1.0)
