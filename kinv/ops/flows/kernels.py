"""Small kernels: more or less of what is fine, upright, slanting or coarse in an image.

Shapes: `B` batch, `H` height, `W` width, `C` channels.
"""

from typing import Any

import numpy as np
from keras import ops

from .checks import checked

ORDER = 16  # of the exponential's series


def _bank() -> dict[str, np.ndarray]:
    """The kernels by name, `(5, 5)`: of zero sum, and changing the frequency they change most by a factor of 1."""
    smooth, smoother = np.array([0, 1, 2, 1, 0]) / 4, np.array([1, 4, 6, 4, 1]) / 16
    slope, bend = np.array([-1, -2, 0, 2, 1]) / 27**0.5, np.array([-1, 0, 2, 0, -1]) / 4
    point = np.pad([[1.0]], 2)
    upright = np.outer(smoother, bend)
    return {
        "sharpness": point - np.outer(smoother, smoother),
        "upright against level": upright - upright.T,
        "rising against falling": -np.outer(slope, slope),
        "texture": 4 * (np.outer(smooth, smooth) - np.outer(smoother, smoother)),
    }


BANK = _bank()
MODES = tuple(BANK)


def change_detail(images: Any, sizes: Any) -> Any:
    """Applies the exponential of a convolution with a mixture of small kernels to every channel.

    `exp(sum_i x_i K_i)` is the series of repeated convolutions with the mixture. Beyond the frame the image is mirrored
    (`d c b a | a b c d | d c b a`). The kernels `K_i` have 5 x 5 entries that sum to zero:
        - `"sharpness"`: the image less its Gaussian blur, so that negative sizes blur.
        - `"upright against level"`: upright less level edges, from second derivatives.
        - `"rising against falling"`: edges that rise to the right less those that fall, from the mixed derivative.
        - `"texture"`: the difference of two Gaussian blurs.

    So the mean brightness stays, but for what is clipped and for the four corners. Sizes of the other sign undo it. The
    series holds to a tenth of a grey level where the absolute sizes of an image sum to 4 at most.

    Args:
        images: float tensor `(B, H, W, C)` in 0..255, of two pixels a side at least.
        sizes: float tensor `(B, 4)`: of each mode in `MODES`, the logarithm of the factor by which it changes the
            contrast of the wave that it changes most.

    Returns:
        float32 tensor like `images`, in 0..255. At size 0, the images bit for bit.

    Raises:
        ValueError: images or sizes have a wrong shape.

    Examples:
        >>> import numpy as np
        >>> images = np.random.default_rng(0).uniform(0, 255, (1, 8, 8, 3)).astype("float32")
        >>> blurred = change_detail(images, np.array([[-1, 0, 0, 0]], "float32"))
        >>> bool(np.std(blurred) < np.std(images))
        True
    """
    images, sizes = checked(images, sizes, MODES)
    batch, height, width, channels = ops.shape(images)
    kernels = ops.matmul(ops.transpose(_flat_bank()), ops.transpose(sizes))  # (25, B)
    kernels = ops.reshape(ops.repeat(kernels, channels, axis=1), (5, 5, -1, 1))
    planes = ops.reshape(ops.transpose(images, (1, 2, 0, 3)), (1, height, width, -1))
    change = term = ops.depthwise_conv(_mirrored(planes), kernels)
    for order in range(2, ORDER + 1):
        term = ops.depthwise_conv(_mirrored(term), kernels) / order
        change = change + term
    change = ops.transpose(ops.reshape(change, (height, width, batch, channels)), (2, 0, 1, 3))
    return ops.clip(images + change, 0.0, 255.0)


def _flat_bank():
    return ops.convert_to_tensor(np.stack(list(BANK.values())).reshape(len(BANK), -1), "float32")


def _mirrored(planes):
    """Two more pixels on each side."""
    for axis in (1, 2):
        start, end = ops.take(planes, [1, 0], axis=axis), ops.take(planes, [-1, -2], axis=axis)
        planes = ops.concatenate([start, planes, end], axis=axis)
    return planes
