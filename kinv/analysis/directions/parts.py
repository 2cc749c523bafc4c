"""The two parts of an affine transformation of images: where pixels are, and which colours they have.

Each has its own generators (`kinv.ops.lie`), and sizes in one have no common unit with sizes in the other. Shapes: `B`
maps or images, `D` generators, `R` rows of a map, `(B, R, R + 1)`.
"""

from functools import cache, partial
from typing import Any

import numpy as np
from keras import ops

from kinv.backend import compile
from kinv.ops import lie
from kinv.ops.affine import affine_color, affine_sample_neighbours, pack_neighbours

SPACE, COLOR = "space", "color"
PARTS = (SPACE, COLOR)
POSITIONS = np.diag([1 / 3, 1 / 3, 1])  # mean products of coordinates (x, y, 1), uniform in -1..1
PIXELS = 100_000  # whose colours are looked at, about
LEAST = 1e-3


class Part:
    """One part: its generators, the maps of given sizes, and what these make of images.

    Args:
        name: `"space"` or `"color"`.
        channels: of the images.
        fill: what lies outside the frame, as in `kinv.ops.affine.affine_sample`.
    """

    def __init__(self, name: str, channels: int, fill: str = "zeros"):
        self.name = name
        self.generators = lie.SPACE if name == SPACE else lie.color_generators(channels)
        if name == SPACE:  # packed once, sampled many times
            self.prepare, self._changed = pack_neighbours, _sampling(fill, channels)
        else:
            self.prepare, self._changed = partial(ops.cast, dtype="float32"), _recolouring(channels)

    def maps(self, sizes: np.ndarray) -> np.ndarray:
        """Maps whose generators have sizes `(B, D)`, float32 `(B, R, R + 1)`."""
        elements = lie.combined(self.generators, sizes)
        return ops.convert_to_numpy(_exponential(elements.shape[1])(elements))

    def metric(self, images: np.ndarray) -> np.ndarray:
        """The quadratic form of how far small sizes of generators change images `(N, H, W, C)`, `(D, D)`.

        In space, it is the mean squared shift of pixels, in sides of the frame; in colour, the mean squared change of
        their values, in 0..1, which depends on the images' colours. What hardly changes images counts a little more
        than it does (`LEAST` of the mean of all directions), so that the form can be inverted.
        """
        basis = np.stack(list(self.generators.values()))
        if self.name == SPACE:
            moments, unit = POSITIONS, 4.0  # a frame is 2 wide
        else:
            colors = images.reshape(-1, images.shape[-1])[:: -(-images[..., 0].size // PIXELS)] / 255.0
            colors = np.concatenate([colors, np.ones_like(colors[:, :1])], axis=1)
            moments, unit = colors.T @ colors / len(colors), images.shape[-1]
        form = np.einsum("grc,cd,hrd->gh", basis, moments, basis) / unit
        return form + LEAST * np.trace(form) / len(form) * np.eye(len(form))

    def then(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The maps that do what the first do, and what the second do to the result, float32 `(B, R, R + 1)`.

        Maps of space lead from output positions to input positions, so that the last one is applied first.
        """
        first, second = (_square(maps.astype("float64")) for maps in (first, second))
        return (first @ second if self.name == SPACE else second @ first)[:, :-1].astype("float32")

    def changed(self, prepared: Any, maps: np.ndarray) -> Any:
        """What maps, one for each image, make of images from `prepare`: float32 `(B, H, W, C)` in 0..255."""
        return self._changed(prepared, ops.convert_to_tensor(maps))


def mean_shift(maps: np.ndarray) -> np.ndarray:
    """How far maps of space `(B, 2, 3)` move pixels, as a share of the frame's side, `(B,)`: root mean square."""
    change = maps.astype("float64") - np.eye(2, 3)
    return np.sqrt(np.einsum("brc,cd,brd->b", change, POSITIONS, change)) / 2


# Compiled once for all networks; for each number of channels alone, or TensorFlow would take it as unknown.


@cache
def _sampling(fill, channels):
    return compile(partial(affine_sample_neighbours, fill=fill), jit_compile=True)


@cache
def _recolouring(channels):
    return compile(affine_color, jit_compile=True)


@cache
def _exponential(rows):
    return compile(lie.exponential)


def _square(maps):
    last = np.broadcast_to(np.eye(maps.shape[2])[-1:], (len(maps), 1, maps.shape[2]))
    return np.concatenate([maps, last], axis=1)
