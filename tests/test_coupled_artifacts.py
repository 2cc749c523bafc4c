"""The autoencoder of photographs and the gallery that are committed: good to see."""

from pathlib import Path

import numpy as np
import pytest

import kinv
from kinv import analysis, classifiers, data

FOLDER = Path(__file__).parents[1] / "artifacts"


@pytest.fixture(scope="module")
def gallery():
    return kinv.load(FOLDER / "coupled_squeezenet")


@pytest.fixture(scope="module")
def images(gallery):
    return gallery.images()


def test_the_autoencoder_knows_photographs_that_it_was_not_trained_with():
    autoencoder = kinv.load(FOLDER / "dae_photos")
    photographs = data.load("photos", size=autoencoder.size)[0][::4].astype("float32")
    error = np.square(np.asarray(autoencoder.reconstruct(photographs)) - photographs).mean()
    assert error < 0.5 * photographs.var(axis=0).mean()


def test_no_image_of_the_gallery_is_flat_saturated_or_like_another(images):
    flat = images.reshape(len(images), -1)
    assert flat.std(axis=1).min() > 20  # not grey
    assert ((flat < 1) | (flat > 254)).mean(axis=1).max() < 0.15  # not in the corners
    statistics = analysis.image_statistics(images)
    assert statistics.likeness < 0.9  # photographs: 0.7
    assert -3.6 < statistics.slope < -1.8  # photographs: -2.5
    assert 10 < statistics.saturation < 70  # photographs: 35


def test_images_of_the_gallery_are_of_their_classes(gallery, images):
    """In the network that they were made for, and for many in a second one, which had no part in it."""
    classes = [int(label.split()[0]) for label in gallery.labels]
    ranks = analysis.class_ranks(classifiers.load("squeezenet"), images, classes)
    assert (ranks == 0).mean() >= 0.95
    judged = analysis.class_ranks(classifiers.load("efficientnet_lite0"), images, classes)
    assert (judged < 5).mean() >= 0.3
