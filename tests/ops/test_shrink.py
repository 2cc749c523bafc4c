"""Shrinking by matrices, compared with Keras's own resizing."""

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from kinv.ops.shrink import shrink


@pytest.mark.parametrize("size", [(227, 180), (40, 33), (32, 32), (20, 28), (1, 5)])
def test_it_is_bilinear_with_antialiasing(size, random):
    images = random.uniform(0, 255, (2, *size, 3)).astype("float32")
    wanted = ops.image.resize(images, (32, 32), antialias=True, data_format="channels_last")
    np.testing.assert_allclose(shrink(images, 32, 32), wanted, atol=0.02)


def test_fine_stripes_become_grey():
    stripes = np.zeros((1, 128, 128, 1), "float32")
    stripes[:, ::2] = 255
    assert np.ptp(shrink(stripes, 32, 32)[:, 2:-2]) < 1


def test_the_size_may_be_unknown_in_a_graph(random):
    shrunk = tf.function(lambda images: shrink(images, 8, 9), input_signature=[tf.TensorSpec((None, None, None, 3))])
    for size in ((30, 40), (8, 9), (5, 100)):
        images = random.uniform(0, 255, (2, *size, 3)).astype("float32")
        np.testing.assert_allclose(shrunk(images), shrink(images, 8, 9), atol=1e-3)
