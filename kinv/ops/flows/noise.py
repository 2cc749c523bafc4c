"""Gaussian noise, seeded.

Shapes: `B` batch, `H` height, `W` width, `C` channels.
"""

from typing import Any

from keras import ops

from ..stateless_random import hashed_normal, seed_pair
from .checks import checked

MODES = ("noise",)
UNIT = 64.0  # grey levels


def add_noise(images: Any, sizes: Any, seed: Any = 0) -> Any:
    """Adds Gaussian noise to every value. What it does can not be undone: there is no inverse.

    Args:
        images: float tensor `(B, H, W, C)` in 0..255.
        sizes: float tensor `(B, 1)`: the standard deviation is their absolute value, in units of 64 grey levels, about
            the contrast of photographs. The sign does not matter.
        seed: an integer, or an int32 tensor of shape `(2,)`. Image `b` draws from the stream `(seed[0], seed[1] + b)`.

    Returns:
        float32 tensor like `images`, in 0..255. At size 0, the images bit for bit.

    Raises:
        ValueError: images or sizes have a wrong shape, or `seed` is no seed.

    Examples:
        >>> import numpy as np
        >>> noisy = add_noise(np.full((1, 64, 64, 3), 128, "float32"), np.array([[0.25]], "float32"), seed=1)
        >>> bool(abs(np.std(noisy) - 16) < 0.5)
        True
    """
    images, sizes = checked(images, sizes, MODES)
    batch, height, width, channels = ops.shape(images)
    normal = ops.reshape(hashed_normal(seed_pair(seed), batch, height * width * channels), ops.shape(images))
    return ops.clip(images + UNIT * ops.abs(ops.reshape(sizes, (-1, 1, 1, 1))) * normal, 0.0, 255.0)
