"""A linear decoder with the statistics of photographs."""

import keras
import numpy as np
import pytest

from kinv.layers import SpectralDecoder


def correlated(random, count, size):
    """Images with a smooth spectrum and two independent principal colours."""
    noise = random.normal(size=(count, size, size, 3))
    smooth = noise + np.roll(noise, 1, axis=1) + np.roll(noise, 1, axis=2)
    return (smooth * [10.0, 3.0, 1.0] @ np.linalg.qr(random.normal(size=(3, 3)))[0]).astype("float32")


def test_normal_features_make_images_with_the_statistics_that_were_measured(random):
    images = correlated(random, 400, 8)
    decoder = SpectralDecoder(8)
    decoder.adapt(images)
    drawn = np.asarray(decoder(random.normal(size=(4000, 192)).astype("float32")))
    flat, expected = drawn.reshape(-1, 3), (images - images.mean(axis=(0, 1, 2))).reshape(-1, 3)
    np.testing.assert_allclose(np.cov(flat.T), np.cov(expected.T), atol=0.05 * expected.var())
    steps = [np.square(np.diff(stack, axis=2)).mean() for stack in (drawn, images)]
    np.testing.assert_allclose(steps[0], steps[1], rtol=0.1)  # as smooth


def test_without_adaptation_it_only_turns(random):
    features = random.normal(size=(2, 75)).astype("float32")
    images = np.asarray(SpectralDecoder(5)(features))
    np.testing.assert_allclose(np.square(images).sum(), np.square(features).sum(), rtol=1e-5)


def test_no_wave_passes_its_limit(random):
    images = correlated(random, 20, 8)
    limited, free = SpectralDecoder(8, limit=2.0), SpectralDecoder(8)
    for decoder in (limited, free):
        decoder.adapt(images)
    features = random.normal(size=(3, 192)).astype("float32")
    np.testing.assert_allclose(limited(0.01 * features), free(0.01 * features), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(limited(1e4 * features), free(2 * np.sign(features)), rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match="limit must be positive, received 0"):
        SpectralDecoder(8, limit=0)


def test_it_survives_saving(random, tmp_path):
    decoder = SpectralDecoder(4, 1)
    decoder.adapt(random.normal(size=(9, 4, 4, 1)))
    model = keras.Sequential([keras.Input((16,)), decoder])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    features = random.normal(size=(2, 16)).astype("float32")
    np.testing.assert_array_equal(model(features), again(features))
    assert not model.trainable_variables


def test_wrong_images():
    with pytest.raises(ValueError, match="size must be 1 to 4096 and channels positive, received 0 and 3"):
        SpectralDecoder(0)
    for shape in ((3, 5, 5, 3), (1, 4, 4, 3)):
        with pytest.raises(ValueError, match="at least 2, 4, 4, 3"):
            SpectralDecoder(4).adapt(np.zeros(shape))
