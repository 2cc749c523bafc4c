"""Random numbers of Boltzmann machines, from any of three generators."""

from typing import Any, Literal

import tensorflow as tf

from kinv.ops.stateless_random import hashed_normal, hashed_seed, hashed_uniform

# "philox" is TensorFlow's. "threefry", which XLA alone has, draws several times faster on a CPU (`benchmarks/rbm.py`);
# the one that TensorFlow selects there by itself is many times slower than both. "hash" is of plain integer operations,
# which every runtime has: the same uniform numbers in ONNX and LiteRT files.
Generator = Literal["philox", "threefry", "hash"]


def split(seed: Any, count: int, generator: Generator = "philox") -> list[Any]:
    """Seeds of their own, int32 `(2,)`, from one."""
    if generator == "hash":
        return [hashed_seed(seed, index) for index in range(count)]
    return tf.unstack(tf.random.experimental.stateless_split(seed, count, alg="philox"))


def draw(probabilities: Any, seed: Any, generator: Generator = "philox") -> Any:
    """Zeros and ones, independent, with these probabilities of a one, `(B, U)`."""
    if generator == "hash":
        uniform = hashed_uniform(seed, tf.shape(probabilities)[0], probabilities.shape[-1])
    else:
        uniform = tf.random.stateless_uniform(tf.shape(probabilities), seed, dtype=probabilities.dtype, alg=generator)
    return tf.cast(uniform < probabilities, probabilities.dtype)


def draw_normal(means: Any, seed: Any, generator: Generator = "philox") -> Any:
    """Independent normal numbers with these means, `(B, U)`, and variance 1."""
    if generator == "hash":
        return means + hashed_normal(seed, tf.shape(means)[0], means.shape[-1])
    return means + tf.random.stateless_normal(tf.shape(means), seed, alg=generator)


def draw_index(count: Any, below: int, seed: Any, generator: Generator = "philox") -> Any:
    """Independent whole numbers `0..below - 1`, int32 `(count,)`."""
    if generator == "hash":
        return tf.cast(hashed_uniform(seed, count, 1)[:, 0] * below, tf.int32)
    return tf.random.stateless_uniform((count,), seed, maxval=below, dtype=tf.int32, alg=generator)
