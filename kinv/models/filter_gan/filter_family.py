"""A family of filters for one convolution of a classifier, indexed by a latent code."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kinv.classifiers.patch_moments import patch_moments
from kinv.classifiers.predict import answers
from kinv.classifiers.replaced_filters import ReplacedFilters, check_shapes
from kinv.data.checks import checked_images, checked_vectors
from kinv.data.image_stream import ImageStream
from kinv.training.frozen import Frozen
from kinv.training.method import Method

from .codes import root_mean_square
from .counterparts import Counterparts
from .discriminator import ActivationDiscriminator
from .generator import FilterGenerator
from .invariance_pooling import InvariancePooling
from .moving_generator import MovingGenerator


class FilterFamily(Method):
    """A generator of filters, and the discriminator with the head that reads their codes.

    The base class of `FilterGAN`: everything but training.

    Args:
        classifier, layer, latent_dim, noise, centered, hidden_units, width, seed, shapes, movement: as in `FilterGAN`.
        metric_names, **kwargs: as in `Method`.
    """

    def __init__(
        self,
        classifier: keras.Model | None,
        layer: str,
        latent_dim: int,
        noise: float,
        centered: bool,
        hidden_units: Sequence[int],
        width: int,
        seed: int,
        shapes: dict[str, Any] | None,
        movement: float | None,
        metric_names: Sequence[str] = (),
        **kwargs: Any,
    ):
        super().__init__(metric_names, **kwargs)
        if latent_dim < 1 or width < 1:
            raise ValueError(f"latent_dim and width must be at least 1, received {latent_dim} and {width}")
        self.layer, self.latent_dim, self.width, self.seed = layer, latent_dim, width, seed
        self.hidden_units, self.noise, self.centered = tuple(hidden_units), noise, centered
        cut = None if classifier is None else ReplacedFilters(classifier, layer)
        self.cut = Frozen(cut)
        shapes = shapes if cut is None else cut.shapes()
        if shapes is None:
            raise ValueError("FilterGAN needs a classifier or shapes, received neither: pass a classifier and a layer.")
        self.shapes = check_shapes(shapes)
        self.movement, kernel = movement, self.shapes["kernel"]
        self.counterparts = None
        if movement is None:
            self.generator = FilterGenerator(
                kernel, hidden_units, self.shapes["deviation"], seed, centered, name="generator"
            )
        elif "groups" not in self.shapes:
            raise ValueError("shapes must have images and groups for a movement, received neither: pass a classifier.")
        else:
            self.generator = MovingGenerator(
                kernel, self.shapes["groups"], movement, hidden_units, seed, name="generator"
            )
            self.counterparts = Counterparts(self.shapes["images"], latent_dim, seed + 3000, name="counterparts")
            self.counterparts.build()
        self.discriminator = ActivationDiscriminator(
            self.shapes["output"], latent_dim, width, noise, seed + 2000, name="discriminator"
        )
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.generator.build((None, latent_dim))
        if self._follows() and cut is not None:
            self.generator.start_at(cut.kernel())
        self.discriminator.build((None, *self.shapes["output"]))
        self.built = True

    def studied_network(self) -> Any:
        """The classifier, or None."""
        return None if self.cut.model is None else self.cut.model.classifier

    def set_classifier(self, classifier: keras.Model) -> None:
        """Sets the network whose layer the filters are for; filters that vary around the real ones then follow.

        Raises:
            ValueError: if its layer has other shapes, or filters that were adapted are another network's.
        """
        cut = ReplacedFilters(classifier, self.layer)
        if cut.shapes()["kernel"] != self.shapes["kernel"] or cut.shapes()["output"] != self.shapes["output"]:
            raise ValueError(f"{self.layer!r} must have {self.shapes}, received {cut.shapes()}: pass another network")
        if self._follows():
            self.generator.start_at(cut.kernel())
        self.cut = Frozen(cut)
        self.train_function = self.test_function = None  # compiled for the previous network

    def call(self, z):
        return self.generator(z)

    @property
    def input_shape(self):
        return (None, self.latent_dim)

    def generate_filters(self, z: Any) -> Any:
        """Filters `(B, rows, columns, C / groups, F)` for latent codes `(B, Z)`.

        Raises:
            ValueError: if the codes have another shape.
        """
        return self.generator(checked_vectors(z, self.latent_dim, "z", unit_range=False))

    def draw_codes(self, count: int, seed: int | np.random.Generator = 0) -> np.ndarray:
        """Codes `(count, Z)`, float32: standard normal; with a movement, each brought to a root mean square of 1.

        So all of these move outputs by `movement`. Shorter ones, `r` times as long, move them `r` times as far.
        """
        if count < 1:
            raise ValueError(f"count must be at least 1, received {count}")
        z = np.random.default_rng(seed).normal(size=(count, self.latent_dim)).astype("float32")
        return ops.convert_to_numpy(self._full(z))

    def adapt(self, images: Any, limit: int = 2000) -> None:
        """Measures what the layer sees in images, so that filters move its outputs as far as `movement` says.

        `fit` does so with its images, if this was not called before.

        Args:
            images: as in `kinv.screen`; labels are not used.
            limit: at most so many, evenly spread.

        Raises:
            ValueError: images that can't be used, or a model without `movement`.
        """
        cut = self.cut.require("adapt")
        if not isinstance(self.generator, MovingGenerator):
            raise ValueError("movement must be set for adapt, received None: no filters depend on it")
        stream = ImageStream(cut.classifier, images, use_labels=False)
        pixels, _ = stream.sample(limit if stream.count is None else min(limit, stream.count))
        if len(pixels) < 2:
            raise ValueError("images must be at least two, as movement is measured by how they differ, received one")
        self.generator.adapt(patch_moments(cut, pixels).require_variety(self.layer))
        self.train_function = self.test_function = None  # compiled with other numbers

    def counterpart(self, images: Any, z: Any) -> Any:
        """Images that the real filters answer as those of codes answer the originals.

        Args:
            images: `(B, H, W, C)` in 0..255.
            z: latent codes, `(B, Z)`.

        Returns:
            Float tensor `(B, H, W, C)` in 0..255.

        Raises:
            ValueError: images or codes of another shape, or a model without `movement`.
        """
        if self.counterparts is None:
            raise ValueError("movement must be set for counterparts of images, received None: none were learned")
        images = checked_images(images, shape=tuple(self.shapes["images"]))
        return self.counterparts(
            ops.cast(images, "float32"), checked_vectors(z, self.latent_dim, "z", unit_range=False)
        )

    def activations(self, images: Any, z: Any) -> Any:
        """The layer's output, before its activation function, with separate filters for each image.

        Args:
            images: `(B, H, W, C)` in 0..255.
            z: latent codes, `(B, Z)`.

        Returns:
            Float tensor `(B, H', W', F)`.
        """
        cut = self.cut.require("activations")
        images = checked_images(images, shape=cut.classifier.input_shape[1:])
        entering, _ = cut.enter(ops.cast(images, "float32"))
        return cut.convolve(entering, self.generate_filters(z))

    def pooling(self, draws: int = 10, seed: int = 0, stochastic: bool = False) -> InvariancePooling:
        """A replacement for the convolution that averages over `draws` sets of filters (section 5.2)."""
        if draws < 1:
            raise ValueError(f"draws must be at least 1, received {draws}")
        z = self.draw_codes(draws, seed)
        layer = self.cut.require("pooling").layer
        return InvariancePooling.like(layer, self.generate_filters(z), stochastic=stochastic, seed=seed)

    def pooled_classifier(self, draws: int = 10, seed: int = 0, stochastic: bool = False) -> keras.Model:
        """A copy of the classifier with `pooling` in place of the convolution; nothing is retrained."""
        return self.cut.require("pooled_classifier").copy_with(self.pooling(draws, seed, stochastic))

    def read_codes(self, images: Any, z: Any) -> Any:
        """The InfoGAN head's estimates `(B, Z)` of the codes `(B, Z)`, from the outputs of their filters."""
        return self.discriminator.read_codes(self.activations(images, z))

    def _full(self, z):
        """Standard normal codes as they are; with a movement, brought to a root mean square of 1."""
        return z if self.movement is None else z / root_mean_square(z)

    def _follows(self):
        """Whether filters vary around the real ones."""
        return self.centered or self.movement is not None

    def default_labels(self, x):
        return answers(self.cut.require("fit").classifier, x)[0]

    def export_endpoints(self) -> dict[str, tuple[Any, list[tf.TensorSpec]]]:
        """The SavedModel's endpoints: name to (function, input signature)."""
        codes = tf.TensorSpec((None, self.latent_dim), tf.float32, name="z")
        endpoints: dict[str, tuple[Any, list[tf.TensorSpec]]] = {"generate": (self.generate_filters, [codes])}
        if self.counterparts is not None:
            images = tf.TensorSpec((None, *self.shapes["images"]), tf.float32, name="images")
            endpoints["counterpart"] = (self.counterpart, [images, codes])
        return endpoints

    def save_own_variables(self, store):
        # Keras does not save the generators' state; without it, resumed training would draw other numbers.
        for name, generator in self._random().items():
            store[name] = ops.convert_to_numpy(generator.state)

    def load_own_variables(self, store):
        for name, generator in self._random().items():
            generator.state.assign(store[name][...])

    def _random(self):
        return {"random_state": self.seed_generator, "noise_state": self.discriminator.seed_generator}

    def get_config(self):
        names = ("layer", "latent_dim", "noise", "centered", "width", "seed", "shapes", "movement")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own, "hidden_units": list(self.hidden_units)}
