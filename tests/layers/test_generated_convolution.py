"""A convolution with the filters as an input, beside Keras's own."""

import keras
import numpy as np
import pytest

from kinv.layers.generated_convolution import GeneratedConvolution, convolution_kernel

GEOMETRIES = [
    {"kernel_size": (3, 3), "padding": "same"},
    {"kernel_size": (3, 3), "padding": "valid", "strides": (2, 2)},
    {"kernel_size": (2, 5), "padding": "same", "strides": (3, 2)},
    {"kernel_size": (1, 1), "padding": "valid", "strides": (2, 2)},
    {"kernel_size": (3, 2), "padding": "same", "dilation_rate": (2, 2)},
    {"kernel_size": (2, 3), "padding": "valid", "dilation_rate": (3, 3)},
]
KINDS = [
    lambda **geometry: keras.layers.Conv2D(6, use_bias=False, **geometry),
    lambda **geometry: keras.layers.Conv2D(6, groups=2, use_bias=False, **geometry),
    lambda **geometry: keras.layers.DepthwiseConv2D(depth_multiplier=2, use_bias=False, **geometry),
]


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
@pytest.mark.parametrize("kind", KINDS, ids=["plain", "groups", "depthwise"])
def test_with_the_layers_own_filters_it_is_the_layer(kind, geometry, random):
    if kind is KINDS[2] and geometry.get("strides") == (3, 2):
        geometry = {**geometry, "strides": (3, 3)}  # TensorFlow's depthwise convolution takes equal strides only
    inputs = random.normal(size=(3, 10, 9, 4)).astype("float32")
    layer = kind(**geometry)
    expected = layer(inputs)
    ours, kernel = GeneratedConvolution.like(layer), convolution_kernel(layer)
    np.testing.assert_allclose(ours(inputs, np.stack([kernel] * 3)), expected, atol=1e-5)
    np.testing.assert_allclose(ours(inputs, kernel), expected, atol=1e-5)


def test_every_image_has_filters_of_its_own(random):
    inputs = random.normal(size=(3, 7, 7, 2)).astype("float32")
    kernels = random.normal(size=(3, 3, 3, 2, 5)).astype("float32")
    outputs = GeneratedConvolution()(inputs, kernels)
    for image, kernel, output in zip(inputs, kernels, outputs, strict=True):
        layer = keras.layers.Conv2D(5, 3, padding="same", use_bias=False)
        layer.build((None, 7, 7, 2))
        layer.set_weights([kernel])
        np.testing.assert_allclose(output, layer(image[None])[0], atol=1e-5)


def test_its_gradients_agree_with_finite_differences(random):
    from kinv import backend

    inputs, kernels = random.normal(size=(2, 6, 5, 4)), random.normal(size=(2, 3, 2, 2, 4))
    weights = keras.ops.convert_to_tensor(random.normal(size=(2, 3, 3, 4)))
    layer = GeneratedConvolution((2, 2), "same", groups=2, dtype="float64")

    def objective(inputs, kernels):
        return keras.ops.sum(weights * keras.ops.tanh(layer(inputs, kernels)))

    _, gradients = backend.value_and_grad(objective)(inputs, kernels)
    for index, gradient in enumerate(gradients):
        direction = random.normal(size=gradient.shape)
        ahead, behind = ([inputs, kernels], [inputs, kernels])
        ahead[index] = ahead[index] + 1e-6 * direction
        behind[index] = behind[index] - 1e-6 * direction
        slope = (float(objective(*ahead)) - float(objective(*behind))) / 2e-6
        np.testing.assert_allclose(np.sum(np.asarray(gradient) * direction), slope, rtol=1e-6)


def test_other_layers_are_refused():
    with pytest.raises(ValueError, match=r"expected a Conv2D or DepthwiseConv2D .* 'upward', a Conv2DTranspose"):
        GeneratedConvolution.like(keras.layers.Conv2DTranspose(3, 3, name="upward"))
    with pytest.raises(ValueError, match="padding"):
        GeneratedConvolution(padding="causal")
