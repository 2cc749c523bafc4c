"""Small kernels: SciPy's exponential and filters, with an inverse, and the mean is kept."""

import numpy as np
import pytest
from keras import ops
from scipy.linalg import expm
from scipy.ndimage import correlate

from kinv.ops.flows import change_detail
from kinv.ops.flows.kernels import BANK, MODES


@pytest.fixture
def images(random):
    """Four textures about grey that stay far from black and white, `(4, 8, 7, 3)`."""
    return (128 + 8 * random.normal(size=(4, 8, 7, 3))).astype("float32")


@pytest.fixture
def sizes(random):
    return random.uniform(-0.7, 0.7, (4, len(MODES))).astype("float32")


def changed(images, sizes):
    return ops.convert_to_numpy(change_detail(images, sizes))


def test_it_is_the_exponential_of_the_filter_as_a_matrix(images, sizes):
    kernel = sum(size * one for size, one in zip(sizes[0], BANK.values(), strict=True))
    points = np.eye(56).reshape(56, 8, 7)
    matrix = np.stack([correlate(point, kernel, mode="reflect").ravel() for point in points], axis=1)
    expected = (expm(matrix) @ images[0].reshape(56, 3)).reshape(8, 7, 3)
    np.testing.assert_allclose(changed(images, sizes)[0], expected, atol=0.01)


@pytest.mark.parametrize("mode", range(len(MODES)))
def test_the_wave_that_changes_most_changes_by_the_exponential_of_the_size(mode):
    kernel = list(BANK.values())[mode]
    response = np.abs(np.fft.fft2(kernel, (120, 120)))
    assert abs(kernel.sum()) < 1e-12 and response.max() == pytest.approx(1, abs=1e-3)
    assert np.abs(kernel - kernel[::-1, ::-1]).max() < 1e-12  # no shift


def test_positive_sizes_strengthen_what_modes_are_called_after():
    x, y = np.meshgrid(*2 * [np.arange(24)])
    waves = {
        "sharpness": (-1.0) ** (x + y),
        "upright against level": np.cos(np.pi / 2 * x),
        "rising against falling": np.cos(np.pi / 3 * (x + y)),  # y points down: stripes along it rise
        "texture": np.cos(np.pi / 2 * y),
    }
    images = (128 + 10 * np.stack(list(waves.values()))[..., None]).astype("float32")
    inside = slice(4, -4)
    assert list(waves) == list(MODES)
    for sign in (-0.5, 0.5):
        found = changed(images, sign * np.eye(4, dtype="float32"))[:, inside, inside, 0] - 128
        factors = found.std(axis=(1, 2)) / (images[:, inside, inside, 0] - 128).std(axis=(1, 2))
        assert np.abs(np.log(factors) - sign).max() < 0.01


def test_other_signs_undo_it(images, sizes):
    np.testing.assert_allclose(changed(changed(images, sizes), -sizes), images, atol=0.01)


def test_the_mean_of_every_channel_stays(images, sizes):
    found = changed(images, sizes)
    assert np.abs(found - images).mean() > 1
    sizes[:, MODES.index("rising against falling")] = 0  # which depends on the corners
    np.testing.assert_allclose(changed(images, sizes).mean(axis=(1, 2)), images.mean(axis=(1, 2)), atol=1e-3)


def test_at_size_zero_nothing_changes(images):
    np.testing.assert_array_equal(changed(images, np.zeros((4, 4), "float32")), images)


def test_every_image_has_its_own_kernel(images, sizes):
    together = changed(images, sizes)
    for index in range(4):
        alone = changed(images[index : index + 1], sizes[index : index + 1])
        np.testing.assert_allclose(together[index], alone[0], atol=1e-3)
