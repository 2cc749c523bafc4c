"""A generator whose filters move a convolution's outputs as far as is asked for."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.classifiers.patch_moments import PatchMoments
from kinv.layers.seeds import seed_of
from kinv.precision import Float32

from .codes import held, root_mean_square

SAME = 1e-3  # of the largest weight: filters that differ by less are the same
LEAST_SEEN = 1e-3  # of the largest eigenvalue: what the layer sees less of takes no part


@keras.saving.register_keras_serializable("kinv")
class MovingGenerator(Float32, keras.layers.Layer):
    """The real filters plus a change that moves outputs by a set number of their standard deviations.

    Outputs are linear in filters, so that their movement is known without an image (`kinv.classifiers.patch_moments`).
    A code's root mean square says how far: `r`, from 0, the real filters, to 1 for all codes from there on. Dense ReLU
    layers and a linear one turn the code's direction and `r` into `u`. With `B` the whitening of the patches that the
    filters see, `s` the outputs' standard deviation between images and `m` the movement, filter `f` changes by
    `r m s_f B u_f`, divided by the mean length of the `u_f`. What the layer hardly sees is left out of `B`: filters
    can't hide there.

    Until `adapt`, patches are taken as white, and a filter's length as the deviation of its outputs.

    Args:
        kernel_shape: shape `(rows, columns, C / groups, F)` of the filters.
        groups: of the convolution.
        movement: of codes with a root mean square of 1 or more: root mean square over images and places, in standard
            deviations between images, mean over filters.
        hidden_units: widths of the ReLU layers.
        seed: seeds the initial weights; None: any.

    Call arguments:
        z: float tensor `(B, Z)`.

    Returns:
        Tensor `(B, rows, columns, C / groups, F)`.
    """

    def __init__(
        self,
        kernel_shape: Sequence[int],
        groups: int = 1,
        movement: float = 0.8,
        hidden_units: Sequence[int] = (64,),
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not hidden_units or min(hidden_units) < 1:
            raise ValueError(f"hidden_units must be one or more positive widths, received {hidden_units}")
        if not 0 < movement < np.inf:
            raise ValueError(f"movement must be above 0 and finite, received {movement}")
        self.kernel_shape, self.groups, self.movement = tuple(kernel_shape), groups, movement
        self.hidden_units, self.seed = tuple(hidden_units), seed
        rows, columns, channels, filters = self.kernel_shape
        self.size, self.of_group = rows * columns * channels, filters // groups
        starts = [keras.initializers.HeNormal(seed_of(seed, index)) for index in range(len(self.hidden_units))]
        self.hidden = [
            keras.layers.Dense(units, "relu", kernel_initializer=start, name=f"hidden{index}")
            for index, (units, start) in enumerate(zip(self.hidden_units, starts, strict=True))
        ]
        start = keras.initializers.VarianceScaling(1.0, "fan_in", "normal", seed_of(seed, 1000))
        self.change = keras.layers.Dense(self.size * filters, kernel_initializer=start, name="change")

    def build(self, z_shape):
        width = z_shape[-1] + 1
        for layer in (*self.hidden, self.change):
            layer.build((None, width))
            width = layer.units

        def fixed(name: str, shape: tuple[int, ...]) -> Any:
            return self.add_weight(shape=shape, initializer="zeros", trainable=False, name=name)

        self.whitening = fixed("whitening", (self.groups, self.size, self.size))
        self.seen = fixed("seen", (self.groups, self.size))
        self.deviation = fixed("deviation", (self.groups, self.of_group))
        self.real = fixed("real", (self.groups, self.size, self.of_group))
        self.adapted = fixed("adapted", ())
        self.whitening.assign(np.broadcast_to(np.eye(self.size, dtype="float32"), self.whitening.shape))
        self.seen.assign(np.ones(self.seen.shape, "float32"))

    def learned(self) -> list[Any]:
        """The weights that training changes."""
        return self.trainable_weights

    def start_at(self, kernel: Any) -> None:
        """Sets the real filters, `(rows, columns, C / groups, F)`.

        Raises:
            ValueError: if others were set by `adapt`.
        """
        columns = self._columns(ops.convert_to_numpy(kernel))
        if self.is_adapted():
            known = ops.convert_to_numpy(self.real)
            if np.abs(columns - known).max() > SAME * np.abs(known).max():
                raise ValueError(
                    "The network must have the filters that were adapted to, received others: pass that network, or "
                    "train a new FilterGAN"
                )
            return
        self.real.assign(columns)
        self.deviation.assign(np.sqrt(np.square(columns).sum(axis=1)))

    def is_adapted(self) -> bool:
        """Whether `adapt` was called, or weights were loaded for which it was."""
        return bool(ops.convert_to_numpy(self.adapted))

    def adapt(self, moments: PatchMoments) -> None:
        """Sets the real filters, the whitening of what they see and the deviation of their outputs."""
        values, vectors = np.linalg.eigh(moments.second)
        seen = values > LEAST_SEEN * values[:, -1:]
        self.whitening.assign(vectors * np.where(seen, 1 / np.sqrt(np.where(seen, values, 1)), 0)[:, None])
        self.seen.assign(seen.astype("float32"))
        self.deviation.assign(np.where(moments.alive(), moments.deviation(), 0).reshape(self.groups, -1))
        self.real.assign(moments.columns(moments.kernel))
        self.adapted.assign(1.0)

    def call(self, z):
        z = held(z)
        far = root_mean_square(z)
        x = ops.concatenate([z / far, far], axis=1)
        for layer in self.hidden:
            x = layer(x)
        change = ops.reshape(self.change(x), (-1, self.groups, self.size, self.of_group)) * self.seen[..., None]
        lengths = ops.sqrt(ops.sum(ops.square(change), axis=2) + keras.config.epsilon() ** 2)
        alive = ops.cast(self.deviation > 0, lengths.dtype)
        mean = ops.sum(lengths * alive, axis=(1, 2), keepdims=True) / ops.maximum(ops.sum(alive), 1.0)
        scale = self.movement * far[..., None] * self.deviation / ops.maximum(mean, keras.config.epsilon())
        columns = self.real + ops.matmul(self.whitening, change) * scale[:, :, None]
        return ops.reshape(ops.transpose(columns, (0, 2, 1, 3)), (-1, *self.kernel_shape))

    def _columns(self, kernel):
        return np.reshape(kernel, (self.size, self.groups, self.of_group)).transpose(1, 0, 2)

    def compute_output_shape(self, z_shape):
        return (z_shape[0], *self.kernel_shape)

    def get_config(self):
        names = ("groups", "movement", "seed")
        own = {"kernel_shape": list(self.kernel_shape), "hidden_units": list(self.hidden_units)}
        return {**super().get_config(), **own, **{name: getattr(self, name) for name in names}}
