"""Shuffled batches: their order depends on the seed and the step alone."""

import numpy as np
import pytest

from kinv import training


def test_resumed_batches_go_on_where_they_were():
    images = np.arange(7, dtype="float32").reshape(7, 1, 1, 1)
    labels = np.arange(7, dtype="int32")

    def order(first_step, count):
        batches = training.shuffled_batches(images, labels, 3, seed=5, first_step=first_step)
        return [label.numpy().tolist() for _, label in batches.take(count)]

    whole = order(0, 7)
    assert order(4, 3) == whole[4:]
    assert sorted(label for batch in whole for label in batch) == sorted(
        list(range(7)) * 3
    )  # three passes, every image once in each
    with pytest.raises(ValueError, match="as many labels"):
        training.shuffled_batches(images, labels[:3], 2, seed=0)
