"""Average pooling over generated filters: a convolution made invariant to what they ignore."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kinv.layers.generated_convolution import GeneratedConvolution
from kinv.precision import Float32


@keras.saving.register_keras_serializable("kinv")
class InvariancePooling(Float32, keras.layers.Layer):
    """A drop-in replacement for a convolution: the average of its outputs over several sets of generated filters.

    "Parametrizing filters of a CNN with a GAN", section 5.2: the layer `1/n sum_i Conv(x, G(z_i))`, which the paper's
    outlook calls a pooling over the invariances. The average comes before the activation function, so that it costs
    one convolution, with the average filters. With `stochastic=True`, every image of a training batch passes a random
    set instead: augmentation in feature space. See `FilterGAN.pooling` and `FilterGAN.pooled_classifier`.

    Args:
        kernels_shape: shape of the filters, `(draws, rows, columns, C / groups, F)`.
        strides, padding, dilation_rate, groups: as in `GeneratedConvolution`.
        activation: activation function after the average; a Keras name or a function.
        use_bias: whether to add a bias, the same for all sets.
        stochastic: whether training draws one set per image instead of averaging.
        seed: seeds these draws; None: any.

    Call arguments:
        inputs: float tensor `(B, H, W, C)`.
        training: whether to draw sets, if `stochastic`.

    Returns:
        Float tensor `(B, H', W', F)`.

    Raises:
        ValueError: if `kernels_shape` is not five positive integers; also raised by `GeneratedConvolution`.
    """

    def __init__(
        self,
        kernels_shape: Sequence[int],
        strides: tuple[int, int] = (1, 1),
        padding: str = "same",
        dilation_rate: tuple[int, int] = (1, 1),
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        stochastic: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if len(kernels_shape) != 5 or min(kernels_shape) < 1:
            raise ValueError(
                f"kernels_shape must be positive (draws, rows, columns, C / groups, F), received {tuple(kernels_shape)}"
            )
        self.kernels_shape = tuple(kernels_shape)
        self.convolution = GeneratedConvolution(strides, padding, dilation_rate, groups)
        self.activation = keras.activations.get(activation)
        self.use_bias, self.stochastic, self.seed = use_bias, stochastic, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    @classmethod
    def like(cls, layer: keras.layers.Layer, kernels: Any, **kwargs: Any) -> "InvariancePooling":
        """Creates a replacement for a built `Conv2D` or `DepthwiseConv2D`: same geometry, bias, activation, name.

        Args:
            layer: the convolution.
            kernels: sets of filters, `(draws, rows, columns, C / groups, F)`.
            **kwargs: further arguments of the constructor.
        """
        geometry = GeneratedConvolution.like(layer)
        pooling = cls(
            kernels.shape,
            geometry.strides,
            geometry.padding,
            geometry.dilation_rate,
            geometry.groups,
            activation=layer.activation,
            use_bias=layer.use_bias,
            name=layer.name,
            **kwargs,
        )
        pooling.build()
        pooling.kernels.assign(kernels)
        if layer.use_bias:
            pooling.bias.assign(layer.bias)
        return pooling

    def build(self, inputs_shape=None):
        # Not trained: that would undo the invariance that the filters were generated for.
        self.kernels = self.add_weight(shape=self.kernels_shape, name="kernels", trainable=False)
        if self.use_bias:
            self.bias = self.add_weight(
                shape=self.kernels_shape[-1:], initializer="zeros", name="bias", trainable=False
            )

    def call(self, inputs, training=None):
        if training and self.stochastic:
            drawn = keras.random.randint((ops.shape(inputs)[0],), 0, self.kernels_shape[0], seed=self.seed_generator)
            kernels = ops.take(self.kernels, drawn, axis=0)
        else:
            kernels = ops.mean(self.kernels, axis=0)
        outputs = self.convolution(inputs, kernels)
        return self.activation(outputs + self.bias if self.use_bias else outputs)

    def get_config(self):
        geometry = self.convolution.get_config()
        return {
            **super().get_config(),
            "kernels_shape": list(self.kernels_shape),
            **{key: geometry[key] for key in ("strides", "padding", "dilation_rate", "groups")},
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "stochastic": self.stochastic,
            "seed": self.seed,
        }
