"""A gallery: the same images after it was kept, and between two of them others."""

import numpy as np
import pytest
import tensorflow as tf

import kinv
from kinv.models import DenoisingAutoencoder, Gallery
from kinv.models.coupled_generator.generators import build_spectral


@pytest.fixture(scope="module")
def gallery():
    random = np.random.default_rng(0)
    decoder = build_spectral(16, 3, random.uniform(0, 255, (4, 16, 16, 3)).astype("float32"))
    made = Gallery(["tench", "goldfish", "crane", "crane"], "spectral", 16, brightness=[90.0, 100.0, 110.0], contrast=1)
    made.collect(decoder, random.normal(0, 0.3, (4, 768)))
    return made


def test_images_are_what_the_decoder_makes_of_the_features(gallery):
    images = gallery.images()
    assert images.shape == (4, 16, 16, 3) and 0 <= images.min() < images.max() <= 255
    expected = np.array([90, 100, 110]) + np.asarray(gallery.decoder(gallery.features))
    np.testing.assert_allclose(images, expected.clip(0, 255), atol=1e-3)
    np.testing.assert_allclose(gallery.image("goldfish"), images[1], atol=1e-3)
    np.testing.assert_allclose(gallery.image(3), images[3], atol=1e-3)
    halfway = np.asarray(gallery.generate((gallery.features[:1] + gallery.features[1:2]) / 2))
    between = (expected[0] + expected[1]) / 2  # of a linear decoder
    np.testing.assert_allclose(halfway[0], between.clip(0, 255), atol=1e-3)


@pytest.mark.parametrize("half", [False, True])
def test_it_is_kept_with_its_endpoints(gallery, tmp_path, half):
    kinv.save(gallery, tmp_path / "kept", half=half)
    again = kinv.load(tmp_path / "kept")
    assert again.labels == gallery.labels
    tolerance = 0.5 if half else 1e-3
    np.testing.assert_allclose(again.images(), gallery.images(), atol=tolerance)
    answers = tf.saved_model.load(str(tmp_path / "kept" / "saved_model"))
    np.testing.assert_allclose(answers.images(tf.constant([2, 0])), gallery.images()[[2, 0]], atol=tolerance)
    features = np.asarray(gallery.features[1:3])
    np.testing.assert_allclose(answers.generate(features), gallery.images()[1:3], atol=tolerance)


def test_it_takes_the_decoder_of_an_autoencoder():
    autoencoder = DenoisingAutoencoder(32, width=0.05)
    made = Gallery(["a"], "autoencoder", 32, width=0.05)
    made.collect(autoencoder.decoder, autoencoder.encode(np.full((1, 32, 32, 3), 90, "float32")))
    expected = autoencoder.reconstruct(np.full((1, 32, 32, 3), 90, "float32"))
    np.testing.assert_allclose(made.images(), expected, atol=1e-3)


def test_limits_are_kept(tmp_path):
    made = Gallery(["a"], "spectral", 16, limit=2.0, brightness=100.0, contrast=30.0)
    made.collect(build_spectral(16, 3), np.full((1, 768), 50.0))
    kinv.save(made, tmp_path / "kept", saved_model=False)
    again = kinv.load(tmp_path / "kept")
    assert again.limit == 2.0
    np.testing.assert_allclose(again.images(), made.images(), atol=1e-3)
    free = Gallery(["a"], "spectral", 16, brightness=100.0, contrast=30.0)
    free.collect(build_spectral(16, 3), np.full((1, 768), 2.0))
    np.testing.assert_allclose(made.images(), free.images(), atol=1e-2)


def test_what_is_wrong(gallery):
    with pytest.raises(ValueError, match="at least one"):
        Gallery([])
    with pytest.raises(ValueError, match="one of 'autoencoder', 'spectral', received 'vae'"):
        Gallery(["a"], "vae")
    for wrong in ({"contrast": "much"}, {"contrast": 0}, {"brightness": [1, 2]}):
        with pytest.raises(ValueError, match=r"contrast positive|could not convert"):
            Gallery(["a"], "spectral", size=8, **wrong)
    with pytest.raises(ValueError, match=r"shape \(count, 768\), received \(1, 3\)"):
        gallery.generate(np.ones((1, 3)))
    with pytest.raises(ValueError, match="did you mean tench"):
        gallery.image("tinch")
    with pytest.raises(ValueError, match=r"2 classes are called 'crane'"):
        gallery.image("crane")
