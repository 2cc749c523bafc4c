"""A family of affine image transformations, indexed by control parameters."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from kinv.arrays import as_array, is_tensor
from kinv.data.checks import checked_images
from kinv.ops.stateless_random import hashed_uniform, seed_pair
from kinv.training.method import Method

from .transformers import ColorTransformer, SpatialTransformer

IN_UNIT_RANGE = "images must lie in 0..255, received 0..1: multiply them by 255."


class AffineFamily(Method):
    """Two generators that map `k_color` and `k_space`, numbers in 0..1, to a colour and a spatial matrix.

    The base class of `InvariantTransformer`: everything but training.

    Args:
        generators: of colour and of space: layers with a number `controls` of control parameters.
        channels, fill, seed: as in `InvariantTransformer`.
        metric_names, **kwargs: as in `Method`.
    """

    def __init__(
        self,
        generators: tuple[Any, Any],
        channels: int,
        fill: str,
        seed: int,
        metric_names: Sequence[str] = (),
        **kwargs: Any,
    ):
        super().__init__(metric_names, **kwargs)
        self.channels, self.fill, self.seed = channels, fill, seed
        self.color_generator, self.space_generator = generators
        self.controls = tuple(generator.controls for generator in generators)
        self.color = ColorTransformer(name="color")  # pyright: ignore[reportCallIssue]
        self.space = SpatialTransformer(fill, name="space")
        self.seed_generator = keras.random.SeedGenerator(seed)
        for generator in generators:
            generator.build((None, generator.controls))
        self.built = True

    def matrices(self, k_color: Any, k_space: Any) -> tuple[Any, Any]:
        """The matrices for control parameters `(B, K)`: colour `(B, C, C + 1)` and space `(B, 2, 3)`."""
        return self.color_generator(k_color), self.space_generator(k_space)

    def plane(self, color: Any, space: Any) -> tuple[Any, Any]:
        """Control parameters at points of two planes, to show a family of many control parameters by pictures.

        Args:
            color, space: points, `(B, 2)` in 0..1.

        Returns:
            `k_color` and `k_space`. Largest family: the planes are those in which it reaches farthest, with the
            identity at (1/2, 1/2). Paper's family: the points themselves.
        """
        return self.color_generator.plane(color), self.space_generator.plane(space)

    @property
    def neutral(self) -> float | None:
        """The coordinate of the identity in both planes; None if the family does not contain it."""
        return getattr(self.space_generator, "neutral", None)

    def apply_matrices(self, images: Any, color: Any, space: Any) -> Any:
        """Transforms float32 images `(B, H, W, C)` in 0..255 with one colour and one spatial matrix per image."""
        images = ops.cast(images, "float32")
        if self.fill != "zeros":
            return self.color(self.space(images, space), color)
        homogeneous = ops.concatenate([images, ops.ones_like(images[..., :1])], axis=-1)
        sampled = self.space(homogeneous, space)
        return self.color(sampled[..., :-1], color, sampled[..., -1:])

    def transform(self, images: Any, k_color: Any, k_space: Any) -> Any:
        """Transforms images `(B, H, W, C)` in 0..255 with given control parameters.

        Args:
            images: images of any size.
            k_color, k_space: `(B, K)`, or `(K,)` for all images, in 0..1. `controls` says how many of each there are.

        Returns:
            float32 tensor like `images`, in 0..255.

        Raises:
            ValueError: `images`, `k_color` or `k_space` has a wrong shape.
        """
        images = self._checked(images)
        count = ops.shape(images)[0]
        of_color, of_space = self.controls
        color, space = self.matrices(
            _control(k_color, count, of_color, "k_color"), _control(k_space, count, of_space, "k_space")
        )
        return self.apply_matrices(images, color, space)

    def augment(self, images: Any, seed: Any = None) -> Any:
        """Transforms every image with its own random `k`, drawn uniformly; the same seed gives the same images.

        Args:
            images: `(B, H, W, C)` in 0..255, of any size; or one image `(H, W, C)`.
            seed: an integer, or an int32 tensor of shape `(2,)`. None: another one in every call.

        Returns:
            float32 tensor like `images`, in 0..255.

        Raises:
            ValueError: wrong shape, dtype or range; also 0..1.
        """
        found = as_array(images, "images")
        images = images if found is None or is_tensor(images) else found
        if len(images.shape) == 3:
            return self.augment(images[None], seed)[0]
        images = self._checked(images)
        if seed is None:
            seed = ops.cast(self.seed_generator.next(), "int32")
        return self.transform(images, *self._split(hashed_uniform(seed_pair(seed), ops.shape(images)[0], self._total)))

    def checked_inputs(self, inputs):
        return checked_images(inputs, shape=(None, None, self.channels))

    def call(self, images, training=False):
        if not training:
            return self.augment(images, self.seed)
        color, space = self.matrices(*self.draw(ops.shape(images)[0]))
        return self.apply_matrices(images, color, space)

    @property
    def input_shape(self):
        return (None, None, None, self.channels)

    def draw(self, count: Any) -> tuple[Any, Any]:
        """Uniform control parameters of colour and of space, `(count, K)` each."""
        return self._split(keras.random.uniform((count, self._total), seed=self.seed_generator))

    @property
    def _total(self):
        return sum(self.controls)

    def _split(self, k):
        return k[:, : self.controls[0]], k[:, self.controls[0] :]

    def _checked(self, images):
        images = ops.convert_to_tensor(checked_images(images))
        if len(images.shape) != 4 or images.shape[-1] not in (None, self.channels):
            raise ValueError(
                f"images must have shape (batch, height, width, {self.channels}), received {tuple(images.shape)}"
            )
        if images.dtype == tf.uint8:
            return ops.cast(images, "float32")
        images = ops.cast(images, "float32")
        if tf.is_tensor(images) and not tf.executing_eagerly():
            whole = tf.reduce_all(tf.equal(images, tf.round(images)))  # black and nearly black images are
            tf.debugging.Assert(whole | (tf.reduce_max(images) > 1), [IN_UNIT_RANGE])
        return images

    def export_endpoints(self) -> dict[str, tuple[Any, list[tf.TensorSpec]]]:
        """The SavedModel's endpoints: name to (function, input signature)."""
        floats = tf.TensorSpec((None, None, None, self.channels), tf.float32, name="images")
        bytes_ = tf.TensorSpec((None, None, None, self.channels), tf.uint8, name="images")
        seed = tf.TensorSpec((2,), tf.int32, name="seed")
        k_color, k_space = (
            tf.TensorSpec((None, count), tf.float32, name=name)
            for count, name in zip(self.controls, ("k_color", "k_space"), strict=True)
        )

        def augment_uint8(images, seed):
            return tf.cast(tf.round(self.augment(images, seed)), tf.uint8)

        return {
            "augment": (self.augment, [floats, seed]),
            "augment_uint8": (augment_uint8, [bytes_, seed]),
            "transform": (self.transform, [floats, k_color, k_space]),
        }

    def save_own_variables(self, store):
        # Keras does not save the generator's state; without it, resumed training would draw other random numbers.
        store["random_state"] = ops.convert_to_numpy(self.seed_generator.state)

    def load_own_variables(self, store):
        self.seed_generator.state.assign(store["random_state"][...])

    def get_config(self):
        return {
            **super().get_config(),
            "channels": self.channels,
            "fill": self.fill,
            "seed": self.seed,
        }


def _control(k, count, controls, name):
    k = ops.cast(ops.convert_to_tensor(k), "float32")
    if len(k.shape) not in (1, 2) or k.shape[-1] not in (None, controls):
        raise ValueError(f"{name} must have shape ({controls},) or (batch, {controls}), received {tuple(k.shape)}")
    return ops.broadcast_to(k, (count, controls)) if len(k.shape) == 1 else k
