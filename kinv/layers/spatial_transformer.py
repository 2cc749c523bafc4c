"""The spatial transformer of the Invariant Transformer Net."""

import keras

from kinv.ops.affine import FILLS, affine_sample


@keras.saving.register_keras_serializable("kinv")
class SpatialTransformer(keras.layers.Layer):
    """Shows pictures through an affine map of their coordinates (Jaderberg et al. 2015, equations 1 and 5).

    Args:
        fill: what lies outside the frame: `"zeros"`, `"reflect"` or `"nearest"`.

    Call arguments:
        images: float tensor `(B, H, W, C)`.
        matrices: float tensor `(B, 2, 3)` or `(2, 3)`: where each output position looks, in coordinates from -1
            to 1 between the outer edges, x to the right, y down. The identity returns the pictures bit for bit.

    Raises:
        ValueError: unknown `fill`.

    Example:
        >>> import numpy as np
        >>> halves = SpatialTransformer()(np.ones((1, 4, 4, 3), "float32"), np.array([[1, 0, 1], [0, 1, 0]], "float32"))
        >>> float(np.mean(halves))  # moved by half a width: the right half is black
        0.5
    """

    def __init__(self, fill: str = "zeros", **kwargs):
        super().__init__(**kwargs)
        if fill not in FILLS:
            raise ValueError(f"fill must be one of {FILLS}, received {fill!r}")
        self.fill = fill

    def call(self, images, matrices):
        return affine_sample(images, matrices, self.fill)

    def compute_output_shape(self, images_shape, matrices_shape=None):
        return images_shape

    def get_config(self):
        return {**super().get_config(), "fill": self.fill}
