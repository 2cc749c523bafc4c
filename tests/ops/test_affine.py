"""Affine sampling and colours: against SciPy, against finite differences, and bit for bit at the identity."""

import numpy as np
import pytest
from keras import ops
from scipy.ndimage import map_coordinates

from kinv import backend
from kinv.ops.affine import (
    FILLS,
    affine_color,
    affine_sample,
    affine_sample_neighbours,
    distance_from_identity,
    mean_squared_shift,
    pack_neighbours,
)

SCIPY_MODE = {"zeros": "grid-constant", "reflect": "reflect", "nearest": "nearest"}
BOUND = 2e-3  # of 255: float32 coordinates in images of 24 pixels


def random_matrices(random, count, spread=0.4, dtype="float32"):
    return (np.eye(2, 3) + spread * random.normal(size=(count, 2, 3))).astype(dtype)


def scipy_sample(images, matrices, fill):
    """The same map, pixel by pixel, by SciPy in float64."""
    _, height, width, _ = images.shape
    y, x = np.mgrid[:height, :width].astype("float64")
    normalised = np.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1, np.ones_like(x)])
    result = np.empty(images.shape)
    for index, (image, matrix) in enumerate(zip(images, matrices.astype("float64"), strict=True)):
        u, v = np.einsum("rc,chw->rhw", matrix, normalised)
        coordinates = [((v + 1) * height - 1) / 2, ((u + 1) * width - 1) / 2]
        for channel in range(image.shape[-1]):
            plane = image[..., channel].astype("float64")
            result[index, ..., channel] = map_coordinates(plane, coordinates, order=1, mode=SCIPY_MODE[fill])
    return result


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("size", [(1, 1), (7, 10), (227, 224)])
def test_the_identity_returns_the_same_bits(random, fill, size):
    images = random.uniform(0, 255, (2, *size, 3)).astype("float32")
    sampled = ops.convert_to_numpy(affine_sample(images, np.eye(2, 3, dtype="float32"), fill))
    np.testing.assert_array_equal(sampled, images)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("spread", [0.1, 1.0])
def test_sampling_agrees_with_scipy(images, random, fill, spread):
    matrices = random_matrices(random, len(images), spread)
    ours = ops.convert_to_numpy(affine_sample(images, matrices, fill))
    np.testing.assert_allclose(ours, scipy_sample(images, matrices, fill), atol=BOUND * 10 if spread == 1.0 else BOUND)


@pytest.mark.parametrize("fill", FILLS)
def test_packed_as_bytes_they_are_sampled_alike(images, random, fill):
    whole, matrices = images.round(), random_matrices(random, len(images), 0.5)
    packed = pack_neighbours(whole.astype("uint8"))
    sampled = ops.convert_to_numpy(affine_sample_neighbours(packed, matrices, fill))
    assert sampled.dtype == np.float32
    np.testing.assert_array_equal(sampled, ops.convert_to_numpy(affine_sample(whole, matrices, fill)))


def test_a_shift_of_half_a_width_moves_by_half_the_pixels(images):
    shifted = ops.convert_to_numpy(affine_sample(images, np.array([[1, 0, 1], [0, 1, 0]], "float32")))
    np.testing.assert_allclose(shifted[:, :, :12], images[:, :, 12:], atol=1e-3)
    assert not shifted[:, :, 12:].any()


@pytest.mark.parametrize(
    "fill", ["reflect", *[pytest.param(fill, marks=pytest.mark.long) for fill in ("zeros", "nearest")]]
)
def test_gradients_agree_with_finite_differences(random, fill):
    images = random.uniform(0, 1, (2, 6, 5, 2))
    matrices = random_matrices(random, 2, 0.3, "float64")
    weights = ops.convert_to_tensor(random.normal(size=images.shape))

    def objective(images, matrices):
        return ops.sum(affine_sample(images, matrices, fill) * weights)

    _, (for_images, for_matrices) = backend.value_and_grad(objective)(images, matrices)
    assert_finite_differences(lambda value: objective(value, matrices), images, for_images)
    assert_finite_differences(lambda value: objective(images, value), matrices, for_matrices)
    assert np.abs(ops.convert_to_numpy(for_matrices)).min() > 0


def assert_finite_differences(function, value, gradient, step=1e-6, tolerance=1e-6):
    gradient = ops.convert_to_numpy(gradient)
    for index in np.ndindex(*value.shape):
        above, below = value.copy(), value.copy()
        above[index] += step
        below[index] -= step
        slope = float(function(ops.convert_to_tensor(above)) - function(ops.convert_to_tensor(below))) / (2 * step)
        assert gradient[index] == pytest.approx(slope, abs=tolerance, rel=1e-5), index


@pytest.mark.parametrize("fill", FILLS)
def test_xla_compiles_it_to_the_same_values(images, random, fill):
    import tensorflow as tf

    matrices = random_matrices(random, len(images))
    compiled = tf.function(affine_sample, jit_compile=True)
    plain = affine_sample(tf.constant(images), tf.constant(matrices), fill)
    # positions near an edge of a pixel may be rounded to either side, which moves the value by rounding errors only
    np.testing.assert_allclose(compiled(images, matrices, fill), plain, atol=BOUND)


def test_an_unknown_fill_is_refused(images):
    with pytest.raises(ValueError, match="'wrap'"):
        affine_sample(images, np.eye(2, 3, dtype="float32"), "wrap")


def test_colours_are_a_matrix_product_in_homogeneous_coordinates(images, random):
    matrices = (np.eye(3, 4) + 0.1 * random.normal(size=(len(images), 3, 4))).astype("float32")
    homogeneous = np.concatenate([images / 255, np.ones_like(images[..., :1])], axis=-1)
    expected = np.clip(255 * np.einsum("bhwc,bdc->bhwd", homogeneous, matrices), 0, 255)
    np.testing.assert_allclose(affine_color(images, matrices), expected, atol=1e-3)


def test_the_colour_identity_returns_the_same_bits(images):
    np.testing.assert_array_equal(affine_color(images, np.eye(3, 4, dtype="float32")), images)
    np.testing.assert_array_equal(affine_color(images[..., :1], np.eye(1, 2, dtype="float32")), images[..., :1])


def test_colour_gradients_agree_with_finite_differences(random):
    images = random.uniform(60, 190, (2, 3, 4, 3))
    matrices = np.eye(3, 4) + 0.05 * random.normal(size=(2, 3, 4))
    weights = ops.convert_to_tensor(random.normal(size=images.shape))

    def objective(images, matrices):
        return ops.sum(affine_color(images, matrices) * weights)

    _, (for_images, for_matrices) = backend.value_and_grad(objective)(images, matrices)
    assert_finite_differences(lambda value: objective(value, matrices), images, for_images, 1e-4)
    assert_finite_differences(lambda value: objective(images, value), matrices, for_matrices, 1e-6, 1e-3)


def test_colour_then_space_is_space_then_colour_with_the_homogeneous_coordinate(images, random):
    """The order in which the Invariant Transformer Net computes is that of the paper, wherever nothing is clipped."""
    color = (np.eye(3, 4) + 0.02 * random.normal(size=(len(images), 3, 4))).astype("float32")
    space = random_matrices(random, len(images))
    papers_order = affine_sample(affine_color(images, color), space, "zeros")
    homogeneous = ops.concatenate([images, ops.ones_like(images[..., :1])], axis=-1)
    sampled = affine_sample(homogeneous, space, "zeros")
    ours = affine_color(sampled[..., :3], color, sampled[..., 3:])
    unclipped = (ops.convert_to_numpy(ours) > 0) & (ops.convert_to_numpy(ours) < 255)
    assert unclipped.mean() > 0.5
    difference = np.abs(ops.convert_to_numpy(ours) - ops.convert_to_numpy(papers_order))
    assert difference[unclipped].max() < 1e-2


@pytest.mark.parametrize(("rows", "columns"), [(2, 3), (3, 4)])
def test_distance_is_the_frobenius_norm(random, rows, columns):
    matrices = random.normal(size=(3, rows, columns)).astype("float32")
    expected = [np.linalg.norm(matrix - np.eye(rows, columns)) for matrix in matrices]
    np.testing.assert_allclose(distance_from_identity(matrices), expected, rtol=1e-5)


def test_shift_is_that_of_the_square_matrix(random):
    matrices = random.normal(size=(4, 2, 3)).astype("float32")
    vectors = random.normal(size=(6, 3)).astype("float32")
    square = np.concatenate([matrices, np.tile([[[0, 0, 1]]], (4, 1, 1))], axis=1)
    expected = [np.mean(np.sum((vectors @ matrix.T - vectors) ** 2, axis=1)) for matrix in square]
    np.testing.assert_allclose(mean_squared_shift(matrices, vectors), expected, rtol=1e-4)
