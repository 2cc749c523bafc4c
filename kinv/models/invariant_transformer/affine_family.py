"""A family of image transformations, indexed by control parameters: affine maps, and flows beyond them."""

import itertools
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from kinv.arrays import as_array, is_tensor
from kinv.data.checks import checked_images, checked_vectors
from kinv.ops.stateless_random import hashed_seed, hashed_uniform, seed_pair
from kinv.training.method import Method

from .transformers import ColorTransformer, SpatialTransformer

IN_UNIT_RANGE = "images must lie in 0..255, received 0..1: multiply them by 255."


class AffineFamily(Method):
    """Two generators that map `k_color` and `k_space`, numbers in 0..1, to a colour and a spatial matrix.

    A third one, if there is one, maps `k_beyond` to sizes of flows, such as smooth warps (`FlowGenerator`). The base
    class of `InvariantTransformer`: everything but training.

    Args:
        generators: of colour, of space, and of flows if there are any: layers with a number `controls` of control
            parameters.
        channels, fill, seed: as in `InvariantTransformer`.
        conditioner: how far members go for an image (`Conditioner`), or None: as far for all.
        metric_names, **kwargs: as in `Method`.
    """

    def __init__(
        self,
        generators: Sequence[Any],
        channels: int,
        fill: str,
        seed: int,
        metric_names: Sequence[str] = (),
        conditioner: Any = None,
        **kwargs: Any,
    ):
        super().__init__(metric_names, **kwargs)
        self.channels, self.fill, self.seed = channels, fill, seed
        self.color_generator, self.space_generator = generators[:2]
        self.beyond_generator = generators[2] if len(generators) > 2 else None
        self.controls = tuple(generator.controls for generator in generators)
        self.conditioner = conditioner
        self.color = ColorTransformer(name="color")  # pyright: ignore[reportCallIssue]
        self.space = SpatialTransformer(fill, name="space")
        self.seed_generator = keras.random.SeedGenerator(seed)
        for generator in generators:
            generator.build((None, generator.controls))
        if conditioner is not None:
            conditioner.build((None, None, None, channels))
        self.built = True

    def parts(self) -> tuple[Any, ...]:  # a property would change the layout of saved weights
        """The generators of colour, of space, and of flows if there are any."""
        found = self.color_generator, self.space_generator, self.beyond_generator
        return tuple(generator for generator in found if generator is not None)

    def matrices(self, *ks: Any, images: Any = None) -> tuple[Any, ...]:
        """The matrices for control parameters `(B, K)`: colour `(B, C, C + 1)` and space `(B, 2, 3)`.

        Of a family with flows, their sizes `(B, G)` as well.

        Args:
            *ks: of colour, of space, and of flows; the last may be missing.
            images: what they are for, `(B, H, W, C)` in 0..255; None: what they are where no image is known. It makes a
                difference in a family that is conditioned on images.

        Raises:
            ValueError: control parameters of more parts than the family has.
        """
        if len(ks) > len(self.controls):
            raise ValueError(f"the family has {len(self.controls)} parts, received control parameters of {len(ks)}")
        parts = self.parts()[: len(ks)]
        if images is None or self.conditioner is None:
            return tuple(generator(k) for generator, k in zip(parts, ks, strict=True))
        factors = self.factors(images)[: len(ks)]
        return tuple(generator(k, factor) for generator, k, factor in zip(parts, ks, factors, strict=True))

    def factors(self, images: Any) -> list[Any]:
        """How much farther members go for an image along every direction, of each part, `(B, K)`.

        Args:
            images: `(B, H, W, C)` in 0..255, of a family that is conditioned on them.
        """
        return list(self.split(ops.exp(self.conditioner(images))))

    def plane(self, color: Any, space: Any, beyond: Any = None) -> tuple[Any, ...]:
        """Control parameters at points of planes, to show a family of many control parameters by pictures.

        Args:
            color, space: points, `(B, 2)` in 0..1.
            beyond: points of flows, where there are any. None: in the middle, where nothing changes.

        Returns:
            `k_color` and `k_space`, and `k_beyond` where there are flows. Largest family: the planes are those whose
            corners are very different members, see `corners.pair_of_groups`, with the identity at (1/2, 1/2). Paper's
            family: the points themselves.

        Raises:
            ValueError: points of another shape or range, not as many of each part, or of flows that there are none of.
        """
        if beyond is not None and self.beyond_generator is None:
            raise ValueError("the family has no flows, received points for them: leave out beyond")
        given = {"color": color, "space": space} | ({} if beyond is None else {"beyond": beyond})
        points = [checked_vectors(of, 2, name, unit_range=True) for name, of in given.items()]
        counts = [of.shape[0] for of in points]  # None: unknown, in a graph
        if len({count for count in counts if count is not None}) > 1:
            raise ValueError(f"{', '.join(given)} must have as many points each, received {counts}")
        if beyond is None and self.beyond_generator is not None:
            points.append(ops.zeros_like(ops.cast(points[0], "float32")) + self.neutral)
        return tuple(generator.plane(of) for generator, of in zip(self.parts(), points, strict=True))

    @property
    def neutral(self) -> float | None:
        """The coordinate of the identity in both planes; None if the family does not contain it."""
        return getattr(self.space_generator, "neutral", None)

    def apply_matrices(self, images: Any, color: Any, space: Any, beyond: Any = None, seed: Any = 0) -> Any:
        """Transforms float32 images `(B, H, W, C)` in 0..255 with one colour and one spatial matrix per image.

        Args:
            images, color, space: as said.
            beyond: sizes of flows, `(B, G)`; None: none of them.
            seed: of the flow `"noise"`.
        """
        images = ops.cast(images, "float32")
        flows = self.beyond_generator
        if beyond is None or flows is None:
            return self._affine(images, color, space)
        return flows.after(self._affine(flows.before(images, beyond), color, space), beyond, seed)

    def _affine(self, images, color, space):
        if self.fill != "zeros":
            return self.color(self.space(images, space), color)
        homogeneous = ops.concatenate([images, ops.ones_like(images[..., :1])], axis=-1)
        sampled = self.space(homogeneous, space)
        return self.color(sampled[..., :-1], color, sampled[..., -1:])

    def transform(self, images: Any, k_color: Any, k_space: Any, k_beyond: Any = None, seed: Any = 0) -> Any:
        """Transforms images `(B, H, W, C)` in 0..255 with given control parameters.

        Args:
            images: images of any size.
            k_color, k_space: `(B, K)`, or `(K,)` for all images, in 0..1. `controls` says how many of each there are.
            k_beyond: of flows, in the same way; None: without them.
            seed: of the flow `"noise"`.

        Returns:
            float32 tensor like `images`, in 0..255.

        Raises:
            ValueError: `images` or control parameters have a wrong shape, or the family has no flows.
        """
        images = self._checked(images)
        ks = {"k_color": k_color, "k_space": k_space}
        if k_beyond is not None:
            if self.beyond_generator is None:
                raise ValueError("k_beyond is of a family with flows, and this one has none")
            ks["k_beyond"] = k_beyond
        count = ops.shape(images)[0]
        checked = [_control(k, count, of, name) for (name, k), of in zip(ks.items(), self.controls, strict=False)]
        return self.apply_matrices(images, *self.matrices(*checked, images=images), seed=seed)

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
        seed = seed_pair(seed)
        ks = self.split(hashed_uniform(seed, ops.shape(images)[0], self._total))
        return self.transform(images, *ks, seed=hashed_seed(seed, 0))  # rows of noise follow each other's seeds

    def checked_inputs(self, inputs):
        return checked_images(inputs, shape=(None, None, self.channels))

    def call(self, images, training=False):
        if not training:
            return self.augment(images, self.seed)
        maps = self.matrices(*self.draw(ops.shape(images)[0]), images=images)
        return self.apply_matrices(images, *maps, seed=self.next_seed())

    @property
    def input_shape(self):
        return (None, None, None, self.channels)

    def next_seed(self) -> Any:
        """An int32 tensor of shape `(2,)`, another one in every call; rows of noise of two of them are unrelated."""
        return hashed_seed(ops.cast(self.seed_generator.next(), "int32"), 0)

    def draw(self, count: Any) -> tuple[Any, ...]:
        """Uniform control parameters of colour, of space, and of flows if there are any, `(count, K)` each."""
        return self.split(keras.random.uniform((count, self._total), seed=self.seed_generator))

    @property
    def _total(self):
        return sum(self.controls)

    def split(self, k: Any) -> tuple[Any, ...]:
        """What belongs to colour, to space, and to flows if there are any, of what belongs to all: `(B, K)` each."""
        ends = [sum(self.controls[:part]) for part in range(len(self.controls) + 1)]
        return tuple(k[:, start:end] for start, end in itertools.pairwise(ends))

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
        ks = [
            tf.TensorSpec((None, count), tf.float32, name=name)
            for count, name in zip(self.controls, ("k_color", "k_space", "k_beyond"), strict=False)
        ]

        def augment_uint8(images, seed):
            return tf.cast(tf.round(self.augment(images, seed)), tf.uint8)

        def transform(images, k_color, k_space):  # the names of arguments are the endpoint's
            return self.transform(images, k_color, k_space)

        def transform_with_flows(images, k_color, k_space, k_beyond):
            return self.transform(images, k_color, k_space, k_beyond)

        return {
            "augment": (self.augment, [floats, seed]),
            "augment_uint8": (augment_uint8, [bytes_, seed]),
            "transform": (transform if self.beyond_generator is None else transform_with_flows, [floats, *ks]),
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
