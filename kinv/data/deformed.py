"""An endless stream of elastically deformed digits."""

import math
from typing import Any

from .find import find
from .source import Source

SMOOTHNESS = 4.0  # pixels; sigma in Simard et al. 2003, section 2
STRENGTH = 34.0 / math.sqrt(3)  # alpha there is 34, for displacements uniform in -1..1: their std is 1 / sqrt(3)
AT_A_TIME = 1000  # digits that are deformed together, whatever the batch size


def deformed_mnist(
    batch_size: int = 100,
    *,
    source: Source | None = None,
    split: str = "train",
    seed: int = 0,
    smoothness: float = SMOOTHNESS,
    strength: float = STRENGTH,
    first_batch: int = 0,
    download: bool = False,
) -> Any:
    """An endless stream of randomly deformed MNIST digits; the same seed gives the same ones for any batch size.

    Simard, Steinkraus and Platt 2003: smooth displacement fields, as in the data set of Loosli, Canu and Bottou 2007
    that Erhan, Courville and Bengio 2010 train with.

    Args:
        batch_size: digits per batch.
        source: other small images to deform, of one size and with labels.
        split: `"train"` or `"test"`: the digits that are deformed where no `source` is given.
        seed: seed of the choice of digits and of the fields.
        smoothness: standard deviation in pixels of the Gaussian that smooths the fields.
        strength: factor of the smoothed noise, which has unit variance before smoothing; in pixels.
        first_batch: batches to skip at the start, to resume training.
        download: allows MNIST to be downloaded.

    Returns:
        A `tf.data.Dataset` of `(digits, labels)`: float32 `(B, 784)` in 0..1 (of other images, as many values as they
        have) and int32 `(B,)`.

    Raises:
        ValueError: `batch_size` is below 1 or `first_batch` is negative.
    """
    if batch_size < 1 or first_batch < 0:
        raise ValueError(
            f"batch_size must be at least 1 and first_batch at least 0, received {batch_size} and {first_batch}"
        )
    import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

    # isort: split
    import tensorflow as tf

    from kinv.ops.affine import pack_neighbours
    from kinv.ops.elastic import elastic_basis, elastic_deform

    source = source or find("mnist", split, download=download)
    stack, classes = source.load_labelled(dtype="uint8")
    images, labels = tf.constant(stack), tf.constant(classes, "int32")
    bases = [elastic_basis(length, smoothness) for length in stack.shape[1:3]]
    rows, columns = (tf.constant(basis) for basis in bases)
    shape = (AT_A_TIME, 2, bases[0].shape[1], bases[1].shape[1])
    size = math.prod(stack.shape[1:])

    def deform(number):
        # one stream of random numbers for every thousand digits, drawn from seed and number alone
        at = tf.stack([tf.cast(seed, tf.int64), number])
        chosen = tf.random.stateless_uniform((AT_A_TIME,), at, maxval=len(stack), dtype=tf.int32, alg="philox")
        noise = tf.random.stateless_normal(shape, at + tf.constant([1 << 32, 0], tf.int64), alg="philox")
        digits = elastic_deform(pack_neighbours(tf.gather(images, chosen)), noise, rows, columns, strength)
        return tf.reshape(digits, (AT_A_TIME, size)) / 255.0, tf.gather(labels, chosen)

    skipped, inside = divmod(first_batch * batch_size, AT_A_TIME)
    chunks = tf.data.Dataset.counter(start=skipped).map(deform, num_parallel_calls=tf.data.AUTOTUNE)
    if inside:
        # the stream starts within the first chunk
        first = chunks.take(1).map(lambda digits, labels: (digits[inside:], labels[inside:]))
        chunks = first.concatenate(chunks.skip(1))
    return chunks.rebatch(batch_size, drop_remainder=True).prefetch(tf.data.AUTOTUNE)
