"""Stroke widths against scipy's morphology."""

import numpy as np
import pytest
from scipy import ndimage

from kinv.ops.stroke_width import stroke_width

DIAMOND = ndimage.generate_binary_structure(2, 1)


def diamond(radius):
    return ndimage.iterate_structure(DIAMOND, radius) if radius > 1 else DIAMOND


@pytest.mark.parametrize("radius", [1, 2, 3])
def test_whole_radii_are_dilation_and_erosion(radius, random):
    images = random.normal(size=(2, 9, 11, 2)).astype("float32")
    wide, narrow = (
        stroke_width(np.tile(images, (2, 1, 1, 1)), np.repeat([radius, -radius], 2)).numpy().reshape(2, *images.shape)
    )
    for image in range(2):
        for channel in range(2):
            plane = images[image, ..., channel]
            pad = {"footprint": diamond(radius), "mode": "constant"}
            np.testing.assert_array_almost_equal(
                wide[image, ..., channel], ndimage.grey_dilation(plane, **pad, cval=-np.inf)
            )
            np.testing.assert_array_almost_equal(
                narrow[image, ..., channel], ndimage.grey_erosion(plane, **pad, cval=np.inf)
            )


def test_between_whole_radii_it_is_interpolated(random):
    image = random.normal(size=(1, 9, 11, 1)).astype("float32")
    at = [stroke_width(image, [radius]).numpy() for radius in (0, 1, 2, 0.25, 1.5, -0.5, -1, 9, 3)]
    np.testing.assert_array_equal(at[0], image)
    np.testing.assert_allclose(at[3], 0.75 * at[0] + 0.25 * at[1], atol=1e-6)
    np.testing.assert_allclose(at[4], (at[1] + at[2]) / 2, atol=1e-6)
    np.testing.assert_allclose(at[5], (at[0] + at[6]) / 2, atol=1e-6)
    np.testing.assert_array_equal(at[7], at[8])
