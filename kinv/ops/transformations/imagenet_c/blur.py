"""The corruptions by blur: out of focus, moving, and zooming; `glass.py` has the fourth."""

import numpy as np
from keras import ops
from scipy import ndimage

from ...convolution import convolve
from ...stateless_random import hashed_rows
from .corruption import Corruption, of_level
from .motion import motion_kernels
from .sampling import magnified_positions, sample_grid, to_images, to_planes

WIDEST_ANGLE = 45.0  # degrees from the horizontal


class DefocusBlur(Corruption):
    """A disc, as of a lens out of focus; the parameters are its radius and the smoothing of its edge, in pixels."""

    def corrupted(self, images, level, seed):
        side = 2 * max(radius for radius, _ in self.levels) + 1
        discs = [disc(radius, smoothing, side) for radius, smoothing in self.levels]
        return convolve(images, of_level(discs, level), "mirror")


class MotionBlur(Corruption):
    """Averages along a line at a random angle, up to 45 degrees from the horizontal.

    The parameters are the radius and the standard deviation of the Gaussian along the line, in pixels. The line lies on
    whole pixels. The edge pixels go on outside the frame.
    """

    def corrupted(self, images, level, seed):
        radius, deviation = self.parameters(level)
        angle = WIDEST_ANGLE * (2.0 * hashed_rows(seed, ops.shape(images)[0], 1) - 1.0)
        longest = max(radius for radius, _ in self.levels)
        return convolve(images, motion_kernels(radius, deviation, angle, longest))


class ZoomBlur(Corruption):
    """The mean of the image and of magnified ones; the parameters are the step and the number of their factors.

    The factors are 1, 1 + step, 1 + 2 step, and so on.
    """

    def corrupted(self, images, level, seed):
        _, height, width, _ = ops.shape(images)
        down, across = (of_level(self._positions(size), level) for size in (height, width))
        _, count = self.parameters(level)
        planes = to_planes(images)

        def add(number, total):
            used = ops.cast(ops.less(ops.cast(number, "float32"), count), "float32")
            magnified = sample_grid(planes, *(ops.take(places, number, axis=1) for places in (down, across)))
            return total + used * magnified

        total = ops.fori_loop(0, down.shape[1], add, planes)
        return to_images(total / (count + 1.0))

    def _positions(self, size):
        """Of every severity and factor, `(5, F, size)`; those without their factor repeat the first."""
        numbers = range(max(count for _, count in self.levels))
        factors = [[1 + step * (number if number < count else 0) for number in numbers] for step, count in self.levels]
        return np.array([[magnified_positions(size, factor) for factor in row] for row in factors])


def disc(radius: int, smoothing: float, side: int) -> np.ndarray:
    """A disc of sum 1 that is then smoothed by a Gaussian, in an array `(side, side)`.

    As in the paper's code, it lies in 17 x 17 pixels and the Gaussian in 3 x 3. From a radius of 9, it lies in a square
    around it, and the Gaussian in 5 x 5. What the Gaussian takes from beyond is mirrored.
    """
    half, reach = (8, 1) if radius <= 8 else (radius, 2)
    place = np.arange(-half, half + 1)
    inside = (place**2 + place[:, None] ** 2 <= radius**2).astype("float64")
    inside /= inside.sum()
    smooth = np.exp(-0.5 * (np.arange(-reach, reach + 1) / smoothing) ** 2)
    for axis in (0, 1):
        inside = ndimage.correlate1d(inside, smooth / smooth.sum(), axis, mode="mirror")
    return np.pad(inside, (side - len(inside)) // 2)


defocus_blur = DefocusBlur("defocus_blur", [(3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)])
motion_blur = MotionBlur("motion_blur", [(10, 3), (15, 5), (15, 8), (15, 12), (20, 15)])
zoom_blur = ZoomBlur("zoom_blur", [(0.01, 12), (0.01, 16), (0.02, 11), (0.02, 13), (0.03, 11)])
