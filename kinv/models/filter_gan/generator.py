"""The generator of the Filter GAN: from latent codes to the filters of a convolution."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kinv.layers.seeds import seed_of
from kinv.precision import Float32


@keras.saving.register_keras_serializable("kinv")
class FilterGenerator(Float32, keras.layers.Layer):
    """Dense ReLU layers and a linear one that turn a latent code into all filters of a convolution.

    "Parametrizing filters of a CNN with a GAN", section 3; the paper does not give the architecture.

    Args:
        kernel_shape: shape `(rows, columns, C / groups, F)` of the filters.
        hidden_units: widths of the ReLU layers.
        scale: standard deviation of the real filters, the unit of the generated ones.
        seed: seeds the initial weights; None: any.
        centered: whether the mean over standard normal codes is exactly the filters of `start_at`: the mean output of
            the single ReLU layer is known in closed form, and subtracted.

    Call arguments:
        z: float tensor `(B, Z)`.

    Returns:
        Tensor `(B, rows, columns, C / groups, F)`.
    """

    INITIAL_SPREAD = 0.5  # initial standard deviation, in units of `scale`; slightly less if centered

    def __init__(
        self,
        kernel_shape: Sequence[int],
        hidden_units: Sequence[int] = (32,),
        scale: float = 1.0,
        seed: int | None = None,
        centered: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not hidden_units or min(hidden_units) < 1:
            raise ValueError(f"hidden_units must be one or more positive widths, received {hidden_units}")
        if centered and len(hidden_units) != 1:
            raise ValueError(
                f"centered needs one ReLU layer, received hidden_units {tuple(hidden_units)}: pass centered=False"
            )
        self.kernel_shape, self.hidden_units = tuple(kernel_shape), tuple(hidden_units)
        self.scale, self.seed, self.centered = scale, seed, centered
        self.hidden = [
            keras.layers.Dense(
                units,
                "relu",
                kernel_initializer=keras.initializers.HeNormal(seed_of(seed, index)),
                name=f"hidden{index}",
            )
            for index, units in enumerate(self.hidden_units)
        ]
        start = keras.initializers.VarianceScaling(self.INITIAL_SPREAD**2, "fan_in", "normal", seed_of(seed, 1000))
        self.filters = keras.layers.Dense(math.prod(self.kernel_shape), kernel_initializer=start, name="filters")

    def build(self, z_shape):
        width = z_shape[-1]
        for layer in (*self.hidden, self.filters):
            layer.build((None, width))
            width = layer.units

    def learned(self) -> list[Any]:
        """The weights that training changes: all but the mean filters if centered, else all."""
        return [one for one in self.weights if not (self.centered and one is self.filters.bias)]

    def start_at(self, kernel: Any) -> None:
        """Centres filters on these, `(rows, columns, C / groups, F)`; training moves the centre unless `centered`."""
        self.filters.bias.assign(ops.reshape(kernel, (-1,)) / self.scale)

    def call(self, z):
        x = z
        for layer in self.hidden:
            x = layer(x)
        if self.centered:
            x = x - self._mean_of_hidden()
        return self.scale * ops.reshape(self.filters(x), (-1, *self.kernel_shape))

    def _mean_of_hidden(self):
        """`E max(0, w z + b)` for standard normal `z`: `b Phi(b / s) + s phi(b / s)` with `s = |w|`."""
        (layer,) = self.hidden
        deviation = ops.sqrt(ops.sum(ops.square(layer.kernel), axis=0) + keras.config.epsilon() ** 2)
        ratio = layer.bias / deviation
        below = (1 + ops.erf(ratio / math.sqrt(2))) / 2
        return layer.bias * below + deviation * ops.exp(-ops.square(ratio) / 2) / math.sqrt(2 * math.pi)

    def compute_output_shape(self, z_shape):
        return (z_shape[0], *self.kernel_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "kernel_shape": list(self.kernel_shape),
            "hidden_units": list(self.hidden_units),
            "scale": self.scale,
            "seed": self.seed,
            "centered": self.centered,
        }
