"""The spatial and the colour transformer of the Invariant Transformer Net."""

import keras

from kinv.choices import checked_choice
from kinv.ops.affine import FILLS, affine_color, affine_sample
from kinv.precision import Float32


@keras.saving.register_keras_serializable("kinv")
class SpatialTransformer(Float32, keras.layers.Layer):
    """Samples images at affinely transformed coordinates (Jaderberg et al. 2015, equations 1 and 5).

    Args:
        fill: padding outside the frame: `"zeros"`, `"reflect"` or `"nearest"`.

    Call arguments:
        images: float tensor `(B, H, W, C)`.
        matrices: float tensor `(B, 2, 3)` or `(2, 3)`, from output positions to input positions, in coordinates
            from -1 to 1 between the outer edges, x to the right, y down. The identity returns the images bit for bit.

    Raises:
        ValueError: `fill` is unknown.

    Examples:
        >>> import numpy as np
        >>> halves = SpatialTransformer()(np.ones((1, 4, 4, 3), "float32"), np.array([[1, 0, 1], [0, 1, 0]], "float32"))
        >>> float(np.mean(halves))  # moved by half a width: the right half is black
        0.5
    """

    def __init__(self, fill: str = "zeros", **kwargs):
        super().__init__(**kwargs)
        checked_choice("fill", fill, FILLS)
        self.fill = fill

    def call(self, images, matrices):
        return affine_sample(images, matrices, self.fill)

    def compute_output_shape(self, images_shape, matrices_shape=None):
        return images_shape

    def get_config(self):
        return {**super().get_config(), "fill": self.fill}


@keras.saving.register_keras_serializable("kinv")
class ColorTransformer(Float32, keras.layers.Layer):
    """Applies an affine map to the colour of every pixel, in homogeneous coordinates, and clips to 0..255.

    Bunne et al., section III-D: a `C x (C + 1)` matrix (3 x 4 for RGB, 1 x 2 for greyscale). It acts on colours
    scaled to 0..1, so an entry of 0.1 in the last column brightens by 25.5.

    Call arguments:
        images: float tensor `(B, H, W, C)` in 0..255.
        matrices: float tensor `(B, C, C + 1)` or `(C, C + 1)`. The identity returns the images bit for bit.
        homogeneous: float tensor `(B, H, W, 1)`, the homogeneous coordinate of every pixel; default 1. It is
            0 for pixels outside the frame, so that a brightness shift leaves them black.

    Examples:
        >>> import numpy as np
        >>> darker = np.array([[0.5, 0.0]], "float32")
        >>> float(np.mean(ColorTransformer()(np.full((1, 2, 2, 1), 100, "float32"), darker)))
        50.0
    """

    def call(self, images, matrices, homogeneous=None):
        return affine_color(images, matrices, homogeneous)

    def compute_output_shape(self, images_shape, matrices_shape=None, homogeneous_shape=None):
        return images_shape
