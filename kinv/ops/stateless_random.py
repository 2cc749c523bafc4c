"""Uniform random numbers from an integer hash: the same bits on every backend, compiled or not."""

import math
from typing import Any

import numpy as np
from keras import ops

GOLDEN_RATIO = -1640531527  # 0x9E3779B9 as int32: spreads consecutive counters


def hashed_uniform(seed: Any, count: Any, columns: int) -> Any:
    """Uniform numbers in [0, 1) that depend on the seed, the row and the column alone.

    TensorFlow's own stateless generator draws other numbers when a consumer compiles the call with XLA; this one
    does not. Every number is its counter mixed twice with the finaliser of MurmurHash3 (Appleby 2011).

    Args:
        seed: int32 tensor of shape `(2,)`.
        count: number of rows, a number or a scalar int32 tensor.
        columns: number of columns.

    Returns:
        float32 tensor of shape `(count, columns)`, multiples of 2^-24.
    """
    mixed = _hashed(seed, ops.arange(count * columns, dtype="int32"))
    return ops.reshape(ops.cast(_shifted(mixed, 8), "float32") * 2.0**-24, (-1, columns))


def hashed_at(seed: Any, columns: Any) -> Any:
    """Uniform numbers in [0, 1) of any columns; row `b` belongs to `seed + (0, b)`.

    An image's numbers are therefore the same in any batch.

    Args:
        seed: int32 tensor of shape `(2,)`.
        columns: which of a row's numbers, int32 tensor of shape `(B, K)`.

    Returns:
        float32 tensor of shape `(B, K)`, multiples of 2^-24.
    """
    seed, count = ops.cast(seed, "int32"), ops.shape(columns)[0]
    row = _mix(seed[0]) + _mix((seed[1] + ops.arange(count, dtype="int32")) * GOLDEN_RATIO)
    counter = ops.expand_dims(_mix(row), 1) + columns * GOLDEN_RATIO
    return ops.cast(_shifted(_mix(counter), 8), "float32") * 2.0**-24


def hashed_rows(seed: Any, count: Any, columns: int) -> Any:
    """`hashed_at` for all columns: float32 tensor of shape `(count, columns)`."""
    every = ops.expand_dims(ops.arange(columns, dtype="int32"), 0)
    return hashed_at(seed, ops.broadcast_to(every, (count, columns)))


def hashed_normal(seed: Any, count: Any, columns: int) -> Any:
    """Standard normal numbers that depend on the seed and the column alone; row `b` belongs to `seed + (0, b)`.

    Pairs of `hashed_rows` become pairs of normal numbers by the method of Box and Muller (1958).

    Args:
        seed: int32 tensor of shape `(2,)`.
        count: number of rows, a number or a scalar int32 tensor.
        columns: number of columns.

    Returns:
        float32 tensor of shape `(count, columns)`, at most 5.9 from 0.
    """
    pairs = (columns + 1) // 2
    uniform = hashed_rows(seed, count, 2 * pairs)
    first, second = uniform[:, :pairs], uniform[:, pairs:]
    radius = ops.sqrt(-2.0 * ops.log(first + 2.0**-25))  # never log(0)
    angle = 2 * math.pi * second
    return ops.concatenate([radius * ops.cos(angle), radius * ops.sin(angle)], axis=1)[:, :columns]


def hashed_seed(seed: Any, index: Any) -> Any:
    """Derives a seed for an index (a number or a scalar int32 tensor) from a seed; both are int32 `(2,)`."""
    return _hashed(seed, 2 * index + ops.arange(2, dtype="int32"))


def seed_of_part(seed: Any, part: int) -> Any:
    """The seed of one of several sources of chance; row `b` still belongs to `seed + (0, b)`.

    Args:
        seed: int32 tensor of shape `(2,)`.
        part: the number of the source.
    """
    seed = ops.cast(seed, "int32")
    return ops.stack([_mix(seed[0] * GOLDEN_RATIO + part + 1), seed[1]])


def seed_pair(seed: Any) -> Any:
    """Converts an integer in 0..2^62 - 1 to an int32 tensor of shape `(2,)`; returns such a tensor unchanged.

    Raises:
        ValueError: if the seed is neither of the two.
    """
    if isinstance(seed, (int, np.integer)):
        if not 0 <= seed < 2**62:
            raise ValueError(f"seed must lie in 0..2^62 - 1, received {seed}")
        seed = [int(seed) & 0x7FFFFFFF, int(seed) >> 31]
    seed = ops.cast(ops.convert_to_tensor(seed), "int32")
    if tuple(seed.shape) != (2,):
        raise ValueError(
            f"seed must be an integer or an int32 tensor of shape (2,), received shape {tuple(seed.shape)}"
        )
    return seed


def _hashed(seed, counter):
    seed = ops.cast(seed, "int32")
    mixed = _mix(counter * GOLDEN_RATIO + _mix(seed[0]))
    return _mix(mixed + _mix(seed[1] + GOLDEN_RATIO))


def _mix(h):
    """The 32-bit finaliser of MurmurHash3; int32 arithmetic wraps around as uint32's does."""
    h = ops.bitwise_xor(h, _shifted(h, 16)) * -2048144789  # 0x85EBCA6B
    h = ops.bitwise_xor(h, _shifted(h, 13)) * -1028477387  # 0xC2B2AE35
    return ops.bitwise_xor(h, _shifted(h, 16))


def _shifted(h, bits: int):
    """`h >>> bits`; int32 shifts copy the sign bit in, which is taken out again (without `and`, which LiteRT lacks)."""
    return ops.right_shift(h, bits) - ops.right_shift(h, 31) * (1 << (32 - bits))
