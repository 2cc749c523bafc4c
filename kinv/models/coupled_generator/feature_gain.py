"""A gain of its own for every feature."""

from typing import Any

import keras


@keras.saving.register_keras_serializable("kinv")
class FeatureGain(keras.layers.Layer):
    """Scales every feature of every row by its own learned gain (alpha in Despraz et al. 2017, equation 1).

    Keras 2 had this as `LocallyConnected1D` with a kernel of 1, without its bias.

    Args:
        rows: how many sets of gains; row `t` of the features is scaled by set `t`. 1: all rows by the same.
        initializer: where the gains start; 1 leaves the features as they are.

    Call arguments:
        features: float tensor `(B, F)`; `B` is `rows`, unless one of them is 1.

    Returns:
        Float tensor `(max(B, rows), F)`.

    Raises:
        ValueError: `rows` is less than 1.

    Example:
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
