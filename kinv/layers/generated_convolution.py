"""A convolution whose filters are an input: a separate set of filters for every image."""

from typing import Any

import keras
from keras import ops

from kinv.precision import Float32


@keras.saving.register_keras_serializable("kinv")
class GeneratedConvolution(Float32, keras.layers.Layer):
    """Convolves every image of a batch with its own filters: a batched matrix product over its patches.

    Replaces a `Conv2D` or `DepthwiseConv2D` whose filters are generated ("Parametrizing filters of a CNN with a GAN",
    section 3: `Conv(CNN_{l-1}(I), G(z))`), without its bias and activation.

    Args:
        strides, dilation_rate: of the convolution, `(rows, columns)`.
        padding: `"valid"` or `"same"`, as in Keras.
        groups: number of channel groups; a depthwise convolution has as many as channels.

    Call arguments:
        inputs: float tensor `(B, H, W, C)`.
        kernels: float tensor `(B, rows, columns, C / groups, F)`, or one set for all images, without the first axis.

    Returns:
        Float tensor `(B, H', W', F)`.

    Raises:
        ValueError: if `padding` is unknown, or both strides and dilation exceed 1.

    Examples:
        >>> import numpy as np
        >>> images, kernels = np.ones((2, 5, 5, 1), "float32"), np.ones((2, 3, 3, 1, 4), "float32")
        >>> GeneratedConvolution(padding="valid")(images, kernels).shape
        TensorShape([2, 3, 3, 4])
    """

    def __init__(
        self,
        strides: tuple[int, int] = (1, 1),
        padding: str = "same",
        dilation_rate: tuple[int, int] = (1, 1),
        groups: int = 1,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if padding not in ("same", "valid"):
            raise ValueError(f"padding must be 'same' or 'valid', received {padding!r}")
        if max(strides) > 1 and max(dilation_rate) > 1:
            raise ValueError(f"strides and dilation_rate can't both exceed 1, received {strides} and {dilation_rate}")
        self.strides: tuple[int, int] = (strides[0], strides[1])
        self.dilation_rate: tuple[int, int] = (dilation_rate[0], dilation_rate[1])
        self.padding, self.groups = padding, groups

    @classmethod
    def like(cls, layer: keras.layers.Layer, **kwargs: Any) -> "GeneratedConvolution":
        """Creates one with the geometry of a built `Conv2D` or `DepthwiseConv2D`.

        Raises:
            ValueError: if it is another layer, or its channels do not come last.
        """
        convolution = type(layer) in (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
        if not convolution or layer.data_format != "channels_last":
            raise ValueError(
                f"expected a Conv2D or DepthwiseConv2D with channels last, received the layer {layer.name!r}, "
                f"a {type(layer).__name__}: choose another layer"
            )
        depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
        groups = layer.kernel.shape[2] if depthwise else layer.groups
        return cls(layer.strides, layer.padding, layer.dilation_rate, groups, **kwargs)

    def call(self, inputs, kernels):
        if len(kernels.shape) == 4:
            return ops.conv(
                inputs, kernels, self.strides, self.padding, "channels_last", dilation_rate=self.dilation_rate
            )
        rows, columns, group_channels, filters = kernels.shape[1:]
        batch = ops.shape(inputs)[0]
        patches = self.patches(inputs, rows, columns)
        height, width, size = patches.shape[1], patches.shape[2], rows * columns * group_channels
        patches = ops.reshape(patches, (batch, height * width, rows * columns, self.groups, group_channels))
        patches = ops.reshape(ops.transpose(patches, (0, 3, 1, 2, 4)), (batch, self.groups, height * width, size))
        matrices = ops.reshape(kernels, (batch, size, self.groups, filters // self.groups))
        outputs = ops.matmul(patches, ops.transpose(matrices, (0, 2, 1, 3)))
        return ops.reshape(ops.transpose(outputs, (0, 2, 1, 3)), (batch, height, width, filters))

    def patches(self, inputs: Any, rows: int, columns: int) -> Any:
        """What filters see, `(B, H', W', rows * columns * C)`: one shifted image for each place in a filter."""
        (top, height), (left, width) = (
            self._extent(inputs.shape[1 + axis], size, axis) for axis, size in enumerate((rows, columns))
        )
        (down, across), (every_row, every_column) = self.dilation_rate, self.strides
        end_row = (height - 1) * every_row + (rows - 1) * down + 1
        end_column = (width - 1) * every_column + (columns - 1) * across + 1
        bottom, right = max(end_row - top - inputs.shape[1], 0), max(end_column - left - inputs.shape[2], 0)
        padded = ops.pad(inputs, ((0, 0), (top, bottom), (left, right), (0, 0)))
        shifted = [
            padded[
                :,
                row * down : row * down + (height - 1) * every_row + 1 : every_row,
                column * across : column * across + (width - 1) * every_column + 1 : every_column,
            ]
            for row in range(rows)
            for column in range(columns)
        ]
        return shifted[0] if len(shifted) == 1 else ops.concatenate(shifted, axis=-1)

    def _extent(self, length, size, axis):
        """Padding before the image, in pixels, and number of kernel positions, along one axis."""
        stride, reach = self.strides[axis], (size - 1) * self.dilation_rate[axis] + 1
        if self.padding == "valid":
            return 0, (length - reach) // stride + 1
        positions = -(-length // stride)
        return max((positions - 1) * stride + reach - length, 0) // 2, positions

    def get_config(self):
        return {
            **super().get_config(),
            "strides": self.strides,
            "padding": self.padding,
            "dilation_rate": self.dilation_rate,
            "groups": self.groups,
        }


def convolution_kernel(layer: keras.layers.Layer) -> Any:
    """A layer's filters in the shape that `GeneratedConvolution` takes: `(rows, columns, C / groups, F)`.

    Args:
        layer: a built `Conv2D` or `DepthwiseConv2D`.
    """
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        rows, columns, channels, multiplier = layer.kernel.shape
        return ops.reshape(ops.convert_to_tensor(layer.kernel), (rows, columns, 1, channels * multiplier))
    return ops.convert_to_tensor(layer.kernel)
