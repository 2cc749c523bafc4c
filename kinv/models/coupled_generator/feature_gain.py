"""A learned gain for every feature."""

from typing import Any

import keras

from kinv.precision import Float32


@keras.saving.register_keras_serializable("kinv")
class FeatureGain(Float32, keras.layers.Layer):
    """Scales every feature of every row by its own learned gain (alpha in Despraz et al. 2017, equation 1).

    Equivalent to Keras 2's `LocallyConnected1D` with a kernel size of 1 and no bias.

    Args:
        rows: number of sets of gains; row `t` of the features is scaled by set `t`. 1: all rows share one set.
        initializer: initializer of the gains; ones leave the features unchanged.

    Call arguments:
        features: float tensor `(B, F)`; `B` equals `rows`, unless either is 1.

    Returns:
        Float tensor `(max(B, rows), F)`.

    Raises:
        ValueError: if `rows` is less than 1.

    Examples:
        >>> import numpy as np
        >>> FeatureGain(rows=2)(np.ones((1, 3), "float32")).shape
        TensorShape([2, 3])
    """

    def __init__(self, rows: int = 1, initializer: Any = "ones", **kwargs: Any):
        super().__init__(**kwargs)
        if rows < 1:
            raise ValueError(f"rows must be at least 1, received {rows}")
        self.rows, self.initializer = rows, keras.initializers.get(initializer)

    def build(self, features_shape):
        self.gain = self.add_weight(name="gain", shape=(self.rows, features_shape[-1]), initializer=self.initializer)

    def call(self, features):
        return features * self.gain

    def get_config(self):
        return {
            **super().get_config(),
            "rows": self.rows,
            "initializer": keras.initializers.serialize(self.initializer),
        }
