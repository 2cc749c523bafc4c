"""Random numbers for Boltzmann machines, from one of three generators."""

from typing import Any, Literal

import tensorflow as tf

from kinv.ops.stateless_random import hashed_normal, hashed_seed, hashed_uniform

# "philox" is TensorFlow's default. "threefry" needs XLA and is several times faster on a CPU (`benchmarks/rbm.py`);
# TensorFlow's automatic choice under XLA is many times slower than both. "hash" uses plain integer operations, which
# every runtime has: ONNX and LiteRT files draw the same uniform numbers.
Generator = Literal["philox", "threefry", "hash"]


def split(seed: Any, count: int, generator: Generator = "philox") -> list[Any]:
    """Splits a seed into `count` independent ones, int32 `(2,)`."""
    if generator == "hash":
        return [hashed_seed(seed, index) for index in range(count)]
    return tf.unstack(tf.random.experimental.stateless_split(seed, count, alg="philox"))


def draw(probabilities: Any, seed: Any, generator: Generator = "philox") -> Any:
    """Independent Bernoulli samples, 0 or 1, with these probabilities, `(B, U)`."""
    if generator == "hash":
        uniform = hashed_uniform(seed, tf.shape(probabilities)[0], probabilities.shape[-1])
    else:
        uniform = tf.random.stateless_uniform(tf.shape(probabilities), seed, dtype=probabilities.dtype, alg=generator)
    return tf.cast(uniform < probabilities, probabilities.dtype)


def draw_normal(means: Any, seed: Any, generator: Generator = "philox") -> Any:
    """Independent normal samples with these means, `(B, U)`, and variance 1."""
    if generator == "hash":
        return means + hashed_normal(seed, tf.shape(means)[0], means.shape[-1])
    return means + tf.random.stateless_normal(tf.shape(means), seed, alg=generator)


def draw_index(count: Any, below: int, seed: Any, generator: Generator = "philox") -> Any:
    """Independent uniform integers in `0..below - 1`, int32 `(count,)`."""
    if generator == "hash":
        return tf.cast(hashed_uniform(seed, count, 1)[:, 0] * below, tf.int32)
    return tf.random.stateless_uniform((count,), seed, maxval=below, dtype=tf.int32, alg=generator)
