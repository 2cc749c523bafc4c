"""Random crops of an image, as a photographer might have framed it."""

from typing import Any

import keras
from keras import ops

from kinv.ops.affine import affine_sample
from kinv.precision import Float32


@keras.saving.register_keras_serializable("kinv")
class RandomViews(Float32, keras.layers.Layer):
    """Crops of random size and position, resized to the images' size; half of them are mirrored.

    Between a generator and a network, they keep the generator from details that only work at one position.

    Args:
        smallest: smallest side of a crop relative to the image's, in (0, 1]; 1: no cropping.
        mirror: whether half of the images are mirrored, at random.
        seed: seeds the random draws; None: any.

    Call arguments:
        images: float tensor `(B, H, W, C)`.

    Returns:
        Float tensor like `images`.

    Raises:
        ValueError: if `smallest` is out of range.
    """

    def __init__(self, smallest: float = 0.5, mirror: bool = True, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0 < smallest <= 1:
            raise ValueError(f"smallest must lie in (0, 1], received {smallest}")
        self.smallest, self.mirror, self.seed = smallest, mirror, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, images):
        drawn = keras.random.uniform((4, ops.shape(images)[0]), seed=self.seed_generator)
        side = self.smallest + (1 - self.smallest) * drawn[0]
        right, down = ((2 * place - 1) * (1 - side) for place in (drawn[1], drawn[2]))
        flipped = ops.where(drawn[3] < 0.5, -1.0, 1.0) if self.mirror else ops.ones_like(side)
        zero = ops.zeros_like(side)
        rows = ([side * flipped, zero, right], [zero, side, down])
        return affine_sample(images, ops.stack([ops.stack(row, axis=-1) for row in rows], axis=1), "nearest")

    def get_config(self):
        return {**super().get_config(), "smallest": self.smallest, "mirror": self.mirror, "seed": self.seed}
