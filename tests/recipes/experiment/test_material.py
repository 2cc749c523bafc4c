"""The training crops are those of slicing the images, whichever of them are asked for."""

import numpy as np
import pytest

from recipes.experiment.material import TenCrops

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), "uint8")
PLACES = [(0, 0), (0, 3), (3, 0), (3, 3), (1, 1)]


@pytest.fixture
def sliced():
    crops = np.concatenate([IMAGES[:, top : top + 5, left : left + 5] for top, left in PLACES])
    return np.concatenate([crops, crops[:, :, ::-1]])


def test_all_ten(sliced):
    crops = TenCrops(IMAGES, 5)
    assert crops.shape == sliced.shape == (30, 5, 5, 3)
    np.testing.assert_array_equal(crops[:], sliced)
    np.testing.assert_array_equal(crops[[29, 4, 4]], sliced[[29, 4, 4]])


def test_some_of_them(sliced):
    mask = np.random.default_rng(1).uniform(size=30) < 0.4
    crops = TenCrops(IMAGES, 5).only(mask)
    assert len(crops) == mask.sum()
    np.testing.assert_array_equal(crops[2:5], sliced[mask][2:5])
    np.testing.assert_array_equal(crops.of_images(np.array([7, 8, 9])), np.tile([7, 8, 9], 10)[mask])


def test_crops_as_large_as_the_images():
    np.testing.assert_array_equal(TenCrops(IMAGES, 8)[:3], IMAGES)
