"""The movement of outputs from moments, against outputs."""

import keras
import numpy as np
import pytest
from keras import ops

from kinv.classifiers.patch_moments import patch_moments
from kinv.classifiers.replaced_filters import ReplacedFilters

CONVOLUTIONS = {
    "same": lambda: keras.layers.Conv2D(5, 3, padding="same", name="cut"),
    "strides": lambda: keras.layers.Conv2D(4, (3, 2), strides=2, use_bias=False, name="cut"),
    "dilated": lambda: keras.layers.Conv2D(4, 3, dilation_rate=2, name="cut"),
    "groups": lambda: keras.layers.Conv2D(6, 3, groups=2, name="cut"),
    "depthwise": lambda: keras.layers.DepthwiseConv2D(3, depth_multiplier=2, name="cut"),
}


def network(made):
    keras.utils.set_random_seed(0)  # before the layers are made
    inputs = keras.Input((12, 10, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu")(keras.layers.Rescaling(1 / 255)(inputs))
    x = keras.layers.ReLU()(made()(x))
    return keras.Model(inputs, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(x)))


@pytest.mark.parametrize("kind", CONVOLUTIONS)
@pytest.mark.parametrize("batch_size", [3, None])
def test_movements_are_those_of_outputs(kind, batch_size, random):
    cut = ReplacedFilters(network(CONVOLUTIONS[kind]), "cut")
    images = random.uniform(0, 255, (8, 12, 10, 3)).astype("float32")
    moments = patch_moments(cut, images, batch_size)
    kernels = moments.kernel + 0.1 * random.normal(size=(3, *moments.kernel.shape))

    def outputs(kernel):
        return np.asarray(cut.convolve(cut.enter(images)[0], ops.convert_to_tensor(kernel, "float32")), "float64")

    own = outputs(moments.kernel)
    deviation = np.sqrt(own.var(axis=0).mean(axis=(0, 1)))
    np.testing.assert_allclose(moments.deviation(), deviation, rtol=1e-4)
    moved = [np.sqrt(np.square(outputs(kernel) - own).mean(axis=(0, 1, 2))) / deviation for kernel in kernels]
    np.testing.assert_allclose(moments.movements(kernels), np.mean(moved, axis=1), rtol=1e-4)
    np.testing.assert_array_equal(moments.kernels(moments.columns(kernels)), kernels)


def test_dead_filters_do_not_count(random):
    model = network(CONVOLUTIONS["same"])
    kernel = np.asarray(model.get_layer("cut").kernel)
    kernel[..., 1] = 0
    model.get_layer("cut").kernel.assign(kernel)
    moments = patch_moments(ReplacedFilters(model, "cut"), random.uniform(0, 255, (4, 12, 10, 3)).astype("float32"))
    others = np.stack([moments.kernel] * 2)
    others[1, ..., 1] += 1
    np.testing.assert_array_equal(moments.movements(others), 0)
