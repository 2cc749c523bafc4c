"""Ranks by hand, and statistics of images whose values are known."""

import keras
import numpy as np
import pytest
from keras import layers

from kinv.analysis import class_ranks, image_statistics


def test_ranks():
    shown = keras.Input((4, 4, 3))
    model = keras.Model(shown, layers.GlobalAveragePooling2D()(shown))  # logits: red, green, blue
    images = np.zeros((2, 4, 4, 3))
    images[:] = [[[[30, 20, 10]]], [[[1, 2, 3]]]]
    assert list(class_ranks(model, images, [0, 0])) == [0, 2]
    assert list(class_ranks(model, images.repeat(2, axis=1).repeat(2, axis=2), [1, 1])) == [1, 1]  # resized
    with pytest.raises(ValueError, match="a class for each, received"):
        class_ranks(model, images, [0])
    assert list(class_ranks(model, np.full((1, 4, 4, 3), 5.0), [0])) == [2]  # beside the others is not before them
    with pytest.raises(ValueError, match=r"must lie in 0\.\.2"):
        class_ranks(model, images, [0, 3])
    with pytest.raises(ValueError, match="images must be finite"):
        class_ranks(model, images * np.nan, [0, 0])
    broken = keras.Model(shown, layers.Rescaling(np.nan)(model.output))
    with pytest.raises(ValueError, match="expected finite logits"):
        class_ranks(broken, images, [0, 0])


def test_statistics(random):
    grey = np.full((2, 64, 64, 3), 100.0)
    grey[1, :, :32] = 255
    found = image_statistics(grey)
    assert found.saturation == 0 and found.extreme == pytest.approx(0.25)
    assert found.contrast == pytest.approx(0.5 * 155 / 2)
    red = image_statistics(np.full((2, 64, 64, 3), [200.0, 50.0, 20.0]))
    assert red.saturation == 180
    twice = random.uniform(0, 255, (1, 64, 64, 3)).repeat(2, axis=0)
    assert image_statistics(twice).likeness == pytest.approx(1)
    assert abs(image_statistics(random.uniform(0, 255, (4, 64, 64, 3))).likeness) < 0.1
    alone = image_statistics(twice[:1])
    assert alone.likeness == 0 and alone.contrast == pytest.approx(image_statistics(twice).contrast)
    with pytest.raises(ValueError, match=r"received \(0, 64, 64, 3\)"):
        image_statistics(grey[:0])
    with pytest.raises(ValueError, match="at least 64 x 64, received"):
        image_statistics(grey[:, :8])


@pytest.mark.parametrize("slope", [0.0, -2.0, -3.0])
def test_the_slope_of_the_spectrum(random, slope):
    frequencies = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(128)[None])
    amplitudes = np.maximum(frequencies, 1 / 128) ** (slope / 2)
    noise = np.fft.fft2(random.normal(size=(30, 128, 128)))
    images = np.fft.ifft2(noise * amplitudes).real[..., None]
    images = 127.5 + 100 * images / np.abs(images).max()
    assert image_statistics(images).slope == pytest.approx(slope, abs=0.15)
