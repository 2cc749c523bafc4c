"""The corruption by frosted glass, which moves single pixels.

Shapes: `B` batch, `H` height, `W` width, `N` pixels.
"""

from typing import Any

from keras import ops

from ...blur import gaussian_blur
from ...stateless_random import hashed_at, seed_of_part
from .corruption import Corruption

LONGEST_CHAIN = 12  # copies: fewer than one pixel in ten thousand is copied on more often


class GlassBlur(Corruption):
    """Blurs the image, moves pixels by random distances, and blurs it again.

    The parameters are the standard deviation of the blur in pixels, the longest distance in pixels, and how many times
    pixels are moved.

    The paper's code walks over the image from the lower right to the upper left, and copies to each pixel a random
    neighbour, which may itself have been copied before. (It means to swap the two, and does not.) Here, all pixels
    choose their neighbours at once, and follow the chain of copies to its end. That has the same distribution.
    """

    def corrupted(self, images, level, seed):
        deviation, distance, times = self.parameters(level)
        images = gaussian_blur(images, ops.reshape(deviation, (-1,)), "nearest")
        batch, height, width, channels = ops.shape(images)
        place = ops.broadcast_to(ops.arange(height * width, dtype="int32"), (batch, height * width))
        for number in reversed(range(max(times for _, _, times in self.levels))):
            reach = ops.where(ops.less(float(number), times), distance, 0.0)
            place = came_from(seed_of_part(seed, number), place, reach, height, width)
        place = place + height * width * ops.expand_dims(ops.arange(batch, dtype="int32"), 1)
        pixels = ops.take(ops.reshape(images, (-1, channels)), ops.reshape(place, (-1,)), axis=0)
        images = ops.reshape(pixels, (batch, height, width, channels))
        return gaussian_blur(images, ops.reshape(deviation, (-1,)), "nearest")


def came_from(seed: Any, place: Any, distance: Any, height: int, width: int) -> Any:
    """Where pixels come from when each pixel of an image is replaced in turn by a random neighbour.

    A pixel's neighbour is a hash of its place, so that chains are followed without a table of neighbours.

    Args:
        seed: int32 `(2,)`.
        place: places in the flat image, int32 `(B, N)`.
        distance: neighbours are up to this number of pixels before, or this number less one after; 0: the pixel itself.
            float32 `(B, 1, 1, 1)`.
        height, width: of the image.

    Returns:
        int32 tensor like `place`.
    """
    distance = ops.reshape(distance, (-1, 1))

    def copy(_, state):
        place, going = state
        row = place // width
        column = place - row * width
        # pixels near the border stay, so that all neighbours lie inside
        inside = ops.logical_and(_within(row, distance, height), _within(column, distance, width))
        inside = ops.logical_and(inside, distance > 0)
        choice = ops.floor(4.0 * distance**2 * hashed_at(seed, place))
        down = ops.floor(choice / ops.maximum(2.0 * distance, 1.0))
        right = choice - 2.0 * distance * down - distance
        move = ops.cast((down - distance) * width + right, "int32")
        move = ops.where(ops.logical_and(inside, going), move, 0)
        # only pixels after this one had been copied to before
        return place + move, ops.logical_and(going, move > 0)

    return ops.fori_loop(0, LONGEST_CHAIN, copy, (place, ops.ones_like(place, dtype="bool")))[0]


def _within(index, distance, size):
    index = ops.cast(index, "float32")
    return ops.logical_and(index > distance, index <= size - distance)


glass_blur = GlassBlur("glass_blur", [(0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)])
