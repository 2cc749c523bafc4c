"""Normalisation across channels, as in the original AlexNet."""

import keras
from keras import ops

from kinv.precision import Float32


@keras.saving.register_keras_serializable("kinv")
class LocalResponseNormalization(Float32, keras.layers.Layer):
    """Normalises every activation by those of neighbouring channels (Krizhevsky et al. 2012, section 3.3).

    `b_i = a_i / (bias + alpha * sum_{|j - i| <= radius} a_j^2)^beta`

    Args:
        radius: number of neighbouring channels on each side.
        alpha: weight of a single square (Caffe's `alpha` divided by its `local_size`).
        beta: exponent.
        bias: added to the sum.

    Call arguments:
        inputs: float tensor `(B, H, W, C)`.
    """

    def __init__(self, radius: int = 2, alpha: float = 2e-5, beta: float = 0.75, bias: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        if radius < 0:
            raise ValueError(f"radius must not be negative, received {radius}")
        self.radius, self.alpha, self.beta, self.bias = radius, alpha, beta, bias

    def call(self, inputs):
        channels = inputs.shape[-1]
        squares = ops.pad(ops.square(inputs), ((0, 0), (0, 0), (0, 0), (self.radius, self.radius)))
        total = sum(squares[..., shift : shift + channels] for shift in range(2 * self.radius + 1))
        return inputs * ops.power(self.bias + self.alpha * total, -self.beta)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape

    def get_config(self):
        config = {"radius": self.radius, "alpha": self.alpha, "beta": self.beta, "bias": self.bias}
        return {**super().get_config(), **config}
