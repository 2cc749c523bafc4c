"""The digital corruptions: contrast, elastic transform and pixelation; `jpeg.py` has the fourth."""

import numpy as np
from keras import ops
from scipy import ndimage

from ...affine import pack_neighbours, sample_neighbours
from ...stateless_random import hashed_rows, seed_of_part
from .corruption import Corruption, of_level
from .sampling import mix, to_images, to_planes

PUBLISHED_SIDE = 224  # pixels, for which lengths are published
TRUNCATE = 3.0  # standard deviations, at which the paper's code cuts Gaussians off
SMALLEST_AREA = 1e-3  # of the affine map's determinant, relative to that of the identity


class Contrast(Corruption):
    """Moves pixels towards the mean of their channel; the parameter is the share of the distance that stays."""

    def corrupted(self, images, level, seed):
        (kept,) = self.parameters(level)
        mean = ops.mean(images, axis=(1, 2), keepdims=True)
        return mean + kept * (images - mean)


class ElasticTransform(Corruption):
    """A random affine map, and then smooth random displacements (Simard, Steinkraus and Platt 2003).

    The parameters are the factor of the displacements, the standard deviation of the Gaussian that smooths them, and by
    how much the three points that define the affine map move. They are pixels of 224 x 224 images, and are scaled with
    the smaller side, so that an image of another size is deformed alike. The outside of the frame is a reflection.
    """

    def corrupted(self, images, level, seed):
        strength, _, move = self.parameters(level)
        batch, height, width, _ = ops.shape(images)
        scale = min(height, width) / PUBLISHED_SIDE
        images = self._mapped(images, ops.reshape(move, (-1, 1)) * scale, seed_of_part(seed, 0))
        noise = 2.0 * hashed_rows(seed_of_part(seed, 1), batch, height * width * 2) - 1.0
        noise = ops.reshape(noise, (batch, 2, height, width))
        # smoothed noise falls with the width of its Gaussian, and displacements have to grow with the image
        fields = (
            scale**2 * strength * mix(noise, *(of_level(self._smoothing(s, scale), level) for s in (height, width)))
        )
        row, column = _places(height, width)
        return sample_neighbours(pack_neighbours(images), row + fields[:, 0], column + fields[:, 1], "reflect")

    def _smoothing(self, size, scale):
        """Matrices of Gaussians, `(5, size, size)`."""
        identity = np.eye(size)
        return np.array(
            [
                ndimage.gaussian_filter1d(identity, deviation * scale, axis=0, mode="reflect", truncate=TRUNCATE)
                for _, deviation, _ in self.levels
            ]
        )

    def _mapped(self, images, move, seed):
        """Images under the affine map that brings three points, moved at random, back to where they were."""
        batch, height, width, _ = ops.shape(images)
        moved = move * (2.0 * hashed_rows(seed, batch, 6) - 1.0)
        dx0, dy0, dx1, dy1, dx2, dy2 = (ops.reshape(one, (-1, 1, 1)) for one in ops.unstack(moved, axis=1))
        arm = 2.0 * max(min(height, width) // 3, 1)
        x, y = width // 2 + arm / 2, height // 2 - arm / 2  # the corner; one point lies under it, one to its left
        under_x, under_y = dx0 - dx1, arm + dy0 - dy1
        left_x, left_y = -arm + dx2 - dx1, dy2 - dy1
        area = under_x * left_y - left_x * under_y
        least = SMALLEST_AREA * arm**2
        area = ops.where(ops.less(ops.abs(area), least), least, area)
        row, column = _places(height, width)
        row, column = row - y - dy1, column - x - dx1
        down = (left_y * column - left_x * row) / area
        left = (under_x * row - under_y * column) / area
        return sample_neighbours(pack_neighbours(images), y + arm * down, x - arm * left, "reflect")


class Pixelate(Corruption):
    """Squares of one colour, the mean of their pixels; the parameter is how many there are for a pixel of the side."""

    def corrupted(self, images, level, seed):
        _, height, width, _ = ops.shape(images)
        down, across = (
            of_level(np.array([coarse(size, share) for share in self.levels]), level) for size in (height, width)
        )
        return to_images(mix(to_planes(images), down, across))


def coarse(size: int, share: float) -> np.ndarray:
    """A matrix `(size, size)` that makes a line coarser: a new pixel is the mean of those whose centres it covers."""
    count = max(int(size * share), 1)
    centres = (2 * np.arange(size) + 1) * count  # in halves of a new pixel, times `size`
    covered = (centres - 1) // (
        2 * size
    )  # by which new pixel; a centre on a border belongs to the one before, in Pillow
    means = (covered == np.arange(count)[:, None]).astype("float64")
    means /= means.sum(axis=1, keepdims=True)
    return means[centres // (2 * size)]


def _places(height, width):
    row = ops.reshape(ops.arange(height, dtype="float32"), (1, -1, 1))
    return row, ops.reshape(ops.arange(width, dtype="float32"), (1, 1, -1))


contrast = Contrast("contrast", [0.4, 0.3, 0.2, 0.1, 0.05])
elastic_transform = ElasticTransform(  # published as shares of 244 pixels, for images of 224
    "elastic_transform",
    [
        (244 * 2, 244 * 0.7, 244 * 0.1),
        (244 * 2, 244 * 0.08, 244 * 0.2),
        (244 * 0.05, 244 * 0.01, 244 * 0.02),
        (244 * 0.07, 244 * 0.01, 244 * 0.02),
        (244 * 0.12, 244 * 0.01, 244 * 0.02),
    ],
)
pixelate = Pixelate("pixelate", [0.6, 0.5, 0.4, 0.3, 0.25])
