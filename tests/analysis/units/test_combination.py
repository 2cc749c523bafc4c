"""Filters of upper layers are sums of those below."""

import keras
import numpy as np
import pytest
from keras import layers

import kinv
from kinv import classifiers
from kinv.models import StackedDenoisingAutoencoder


def test_all_connections_multiply_and_few_are_the_strongest():
    stack = StackedDenoisingAutoencoder((6, 5, 4, 3))
    first, second, third = (np.asarray(block.kernel) for block in stack.blocks)
    np.testing.assert_allclose(kinv.combine_filters(stack, "hidden1", 2), first.T[[2]])
    np.testing.assert_allclose(
        kinv.combine_filters(stack, "hidden3", [2, 0], None), (first @ second @ third).T[[2, 0]], atol=1e-6
    )
    two = np.argsort(-np.abs(second[:, 1]))[:2]
    np.testing.assert_allclose(
        kinv.combine_filters(stack, "hidden2", 1, strongest=2)[0], first[:, two] @ second[two, 1], atol=1e-6
    )


def test_images_have_the_shape_of_inputs():
    network = classifiers.sigmoid_network.build((4, 3, 1), (5, 4), 2)
    assert kinv.combine_filters(network, "logits").shape == (2, 4, 3, 1)


def test_wrong_requests():
    images = keras.Input((4, 4, 1))
    x = layers.Flatten(name="flat")(layers.Conv2D(2, 3, name="convolution")(images))
    model = keras.Model(images, layers.Dense(3, name="dense")(x))
    with pytest.raises(ValueError, match="also Conv2D"):
        kinv.combine_filters(model, "dense")
    with pytest.raises(ValueError, match=r"'dens' of .*: did you mean dense"):
        kinv.combine_filters(model, "dens")
    stack = StackedDenoisingAutoencoder((6, 5))
    with pytest.raises(ValueError, match=r"0..4, received 5"):
        kinv.combine_filters(stack, "hidden1", 5)
    with pytest.raises(ValueError, match="strongest must be at least 1"):
        kinv.combine_filters(stack, "hidden1", strongest=0)
