"""Affine maps of image coordinates (sampling) and of colours, and their distance from the identity.

Shapes: `B` batch, `H` height, `W` width, `C` channels. Matrices `(B, R, C)` are stored
without their last row, (0, .., 0, 1).
"""

from typing import Any

from keras import ops
from keras.backend import is_float_dtype, standardize_dtype

from kinv.choices import checked_choice

FILLS = ("zeros", "reflect", "nearest")
BITS = (0, 8, 16, 24)  # where the four bytes of an int32 begin


def affine_sample(images: Any, matrices: Any, fill: str = "zeros") -> Any:
    """Samples every image at affinely mapped coordinates, with bilinear interpolation.

    The value at output position `p` is the input's value at `A (p, 1)` (Jaderberg et al. 2015, equations 1
    and 5). Coordinates run from -1 to 1 between the outer edges of the image, x to the right and y down, so
    that `[[1, 0, 0.3], [0, 1, 0]]` shows what lies 0.15 widths further to the right. The identity matrix
    returns the images bit for bit. Gradients reach both arguments.

    Args:
        images: float tensor of shape `(B, H, W, C)`.
        matrices: float tensor of shape `(B, 2, 3)` or `(2, 3)`, one for all.
        fill: what lies outside the frame: `"zeros"` (black; the outermost pixels fade into it), `"reflect"`
            (the image mirrored at its edges, `d c b a | a b c d | d c b a`) or `"nearest"` (the edge pixel).

    Returns:
        Tensor like `images`.

    Raises:
        ValueError: if `fill` is unknown.
    """
    return affine_sample_neighbours(pack_neighbours(images), matrices, fill)


def pack_neighbours(images: Any) -> Any:
    """Packs the four pixels of every 2 x 2 neighbourhood together, for `affine_sample_neighbours`.

    One gather (and, backwards, one scatter) of long rows then does the work of four: 2 to 3 times faster on CPUs
    than a gather for every neighbour. Images that are sampled many times need to be packed only once. Four
    bytes fit into one int32, which is gathered 3 to 5 times as fast as floats.

    Args:
        images: float or uint8 tensor of shape `(B, H, W, C)`.

    Raises:
        ValueError: if images have another dtype.

    Returns:
        For floats, the pixels next to each other, `(B, H + 1, W + 1, 4 C)`. For uint8, the pixels as the four bytes of
        int32s, `(B, H + 1, W + 1, C)`. Pixels outside the frame are zero.
    """
    images = ops.convert_to_tensor(images)
    if not is_float_dtype(images.dtype) and standardize_dtype(images.dtype) != "uint8":
        raise ValueError(f"images must be floats or uint8, received {standardize_dtype(images.dtype)}: cast them")
    whole = not is_float_dtype(images.dtype)
    padded = ops.pad(ops.cast(images, "int32") if whole else images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    pixels = padded[:, :-1, :-1], padded[:, :-1, 1:], padded[:, 1:, :-1], padded[:, 1:, 1:]
    if not whole:
        return ops.concatenate(pixels, axis=-1)
    first, *others = pixels
    for pixel, bits in zip(others, BITS[1:], strict=True):
        first = ops.bitwise_or(first, ops.left_shift(pixel, bits))
    return first


def affine_sample_neighbours(neighbours: Any, matrices: Any, fill: str = "zeros") -> Any:
    """`affine_sample` for images packed by `pack_neighbours`; uint8 images become float32.

    Raises:
        ValueError: if `fill` is unknown.
    """
    neighbours = ops.convert_to_tensor(neighbours)
    batch, height, width = ops.shape(neighbours)[0], ops.shape(neighbours)[1] - 1, ops.shape(neighbours)[2] - 1
    matrices = ops.broadcast_to(ops.reshape(matrices, (-1, 2, 3)), (batch, 2, 3))
    dtype = neighbours.dtype if is_float_dtype(neighbours.dtype) else "float32"
    return sample_neighbours(neighbours, *_source_coordinates(matrices, height, width, dtype), fill)


def sample_neighbours(neighbours: Any, y: Any, x: Any, fill: str = "zeros") -> Any:
    """Samples images packed by `pack_neighbours` at any coordinates, with bilinear interpolation.

    Args:
        neighbours: from `pack_neighbours`, of images `(B, H, W, C)`.
        y, x: `(B, H, W)`, in pixels; 0 is the centre of the first pixel.
        fill: as in `affine_sample`.

    Returns:
        Float tensor `(B, H, W, C)`.

    Raises:
        ValueError: if `fill` is unknown.
    """
    checked_choice("fill", fill, FILLS)
    height, width = ops.shape(neighbours)[1] - 1, ops.shape(neighbours)[2] - 1
    if fill == "zeros":
        y, x = ops.clip(y, -1.0, ops.cast(height, y.dtype)), ops.clip(x, -1.0, ops.cast(width, x.dtype))
    elif fill == "reflect":
        y, x = _reflect(y, height), _reflect(x, width)
    else:
        y, x = _clamp(y, height), _clamp(x, width)
    return _interpolate(neighbours, y, x)


def affine_color(images: Any, matrices: Any, homogeneous: Any = None) -> Any:
    """Maps the colour of every pixel affinely and clips the result to 0..255.

    `matrices` act on colours in 0..1 in homogeneous coordinates (Bunne et al., section III-D): the last column is
    a shift of brightness, where 1 stands for the whole range of 255.

    Args:
        images: float tensor of shape `(B, H, W, C)` in 0..255.
        matrices: float tensor of shape `(B, C, C + 1)` or `(C, C + 1)`.
        homogeneous: float tensor of shape `(B, H, W, 1)`: the homogeneous coordinate of every pixel; default 1.

    Returns:
        Tensor like `images`, in 0..255.
    """
    images = ops.convert_to_tensor(images)
    channels = images.shape[-1]
    identity = ops.eye(channels, channels + 1, dtype=images.dtype)
    change = ops.reshape(matrices - identity, (-1, channels, channels + 1))
    change = ops.broadcast_to(change, (ops.shape(images)[0], channels, channels + 1))
    pixels = ops.reshape(images, (ops.shape(images)[0], -1, channels))
    mixed = ops.matmul(pixels, ops.swapaxes(change[..., :channels], 1, 2))  # x + (A - I) x: exact at the identity
    shift = 255.0 * ops.expand_dims(change[..., channels], 1)
    if homogeneous is not None:
        shift = shift * ops.reshape(homogeneous, (ops.shape(images)[0], -1, 1))
    return ops.clip(images + ops.reshape(mixed + shift, ops.shape(images)), 0.0, 255.0)


def distance_from_identity(matrices: Any) -> Any:
    """Frobenius distance of every matrix from the identity, `(B,)`."""
    return ops.sqrt(ops.sum(_change(matrices) ** 2, axis=(1, 2)))


def mean_squared_shift(matrices: Any, vectors: Any) -> Any:
    """How far every matrix moves the vectors `(S, C)`: the mean of `||A x - x||^2` over them, `(B,)`.

    Bunne, Rahmann and Wolf, section III-D, with A made square by its last row, which has no effect.
    """
    shift = ops.matmul(_change(matrices), ops.transpose(vectors))
    return ops.mean(ops.sum(shift**2, axis=1), axis=-1)


def _source_coordinates(matrices, height, width, dtype):
    """Pixel coordinates `(B, H, W)` to sample at, as own position plus displacement: exact at the identity."""
    matrices = ops.reshape(matrices, (-1, 2, 3, 1, 1))
    half_height, half_width = ops.cast(height, dtype) / 2, ops.cast(width, dtype) / 2
    row = ops.reshape(ops.cast(ops.arange(height), dtype), (1, -1, 1))
    column = ops.reshape(ops.cast(ops.arange(width), dtype), (1, 1, -1))
    y, x = (row + 0.5) / half_height - 1, (column + 0.5) / half_width - 1
    dx = (matrices[:, 0, 0] - 1) * x + matrices[:, 0, 1] * y + matrices[:, 0, 2]
    dy = matrices[:, 1, 0] * x + (matrices[:, 1, 1] - 1) * y + matrices[:, 1, 2]
    return row + dy * half_height, column + dx * half_width


def _reflect(position, size):
    """Folds positions back into the image, mirrored at its outer edges, -0.5 and size - 0.5.

    Nothing rounds inside, where the number of turns is zero. `ops.mod` is several times as slow in XLA.
    """
    period = 2 * ops.cast(size, position.dtype)
    turned = position - period * ops.floor((ops.stop_gradient(position) + 0.5) / period)
    return _clamp(ops.minimum(turned, period - 1 - turned), size)


def _clamp(position, size):
    return ops.clip(position, 0, ops.cast(size, position.dtype) - 1)


def _interpolate(neighbours, y, x):
    """Bilinear interpolation between the four pixels around `(y, x)`, which lie in -1..size."""
    batch, rows, columns, channels = ops.shape(neighbours)
    height, width = rows - 1, columns - 1
    top, left = _lower_corner(y, height), _lower_corner(x, width)
    below, right = ops.expand_dims(y - top, -1), ops.expand_dims(x - left, -1)

    row, column = ops.cast(top, "int32") + 1, ops.cast(left, "int32") + 1
    image = ops.reshape(ops.arange(batch, dtype="int32"), (-1, 1, 1))
    index = (image * rows + row) * columns + column
    found = ops.take(ops.reshape(neighbours, (-1, channels)), ops.reshape(index, (-1,)), axis=0)
    found = ops.reshape(found, (batch, height, width, channels))
    if is_float_dtype(neighbours.dtype):
        a, b, c, d = ops.split(found, 4, axis=-1)
    else:
        a, b, c, d = (ops.cast(ops.bitwise_and(ops.right_shift(found, bits), 255), y.dtype) for bits in BITS)
    upper, lower = a + right * (b - a), c + right * (d - c)
    return upper + below * (lower - upper)


def _lower_corner(position, size):
    """The whole number under a position in -1..size, at most size - 1, as a constant for the gradient."""
    whole = ops.floor(ops.stop_gradient(position))
    return ops.minimum(whole, ops.cast(size, position.dtype) - 1)


def _change(matrices):
    return matrices - ops.eye(*matrices.shape[1:], dtype=matrices.dtype)
