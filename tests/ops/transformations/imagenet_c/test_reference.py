"""Compared with `imagecorruptions` (a fork of the paper's code), where it is installed."""

import numpy as np
import pytest
from keras import ops
from skimage import data
from skimage.transform import resize

from kinv.ops import IMAGENET_C

# mean absolute difference in grey levels of those without chance; the package truncates to bytes
APART = {
    "brightness": 0.6,
    "contrast": 0.6,
    "defocus_blur": 0.6,
    "zoom_blur": 0.6,
    "pixelate": 1.0,
    "jpeg_compression": 1.0,
}
LIKE = ("gaussian_noise", "shot_noise", "impulse_noise", "motion_blur", "snow")  # in mean absolute change


@pytest.fixture(scope="module")
def reference():
    return pytest.importorskip("imagecorruptions", exc_type=ImportError).corrupt


@pytest.fixture(scope="module")
def photograph():
    return (255 * resize(data.astronaut(), (224, 224), anti_aliasing=True)).astype("uint8")


@pytest.mark.long
@pytest.mark.parametrize("name", APART)
def test_those_without_chance(reference, photograph, name):
    for severity in (1, 3, 5):
        expected = reference(photograph, severity, name).astype("float32")
        found = ops.convert_to_numpy(IMAGENET_C[f"imagenet_c.{name}"](photograph[None], severity))[0]
        assert np.abs(found - expected).mean() < APART[name]


@pytest.mark.long
@pytest.mark.parametrize("name", LIKE)
def test_those_by_chance(reference, photograph, name):
    for severity in (1, 5):
        expected = np.mean(
            [np.abs(reference(photograph, severity, name).astype("float32") - photograph).mean() for _ in range(4)]
        )
        shown = np.repeat(photograph[None], 4, axis=0)
        found = ops.convert_to_numpy(IMAGENET_C[f"imagenet_c.{name}"](shown, severity))
        assert np.abs(found - shown).mean() == pytest.approx(expected, rel=0.1)
