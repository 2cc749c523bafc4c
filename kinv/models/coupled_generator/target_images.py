"""The generators of a coupled generator with their features: what is left without the network."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kinv.data.checks import checked_vectors
from kinv.layers import Corruption
from kinv.training.frozen import Frozen
from kinv.training.method import Method

from .feature_gain import FeatureGain
from .generators import as_image, build_generator
from .model_per_row import ModelPerRow


class TargetImages(Method):
    """Perturbed features, a gain for each, and a generator, for every target (Despraz et al. 2017, equation 1).

    The base class of `CoupledGenerator`: everything but training.

    Args:
        count: number of targets.
        image_shape: `(H, W, C)` of what the network takes; the first two may be None.
        generator, size, width, skips, perturbation, noise, gain, brightness, contrast, seed: as in `CoupledGenerator`.
        metric_names, **kwargs: as in `Method`.
    """

    def __init__(
        self,
        count: int,
        image_shape: Sequence[Any],
        generator: keras.Model | None,
        size: int | None,
        width: float,
        skips: bool,
        perturbation: str | None,
        noise: float | None,
        gain: float | None,
        brightness: float | Sequence[float],
        contrast: float,
        seed: int,
        metric_names: Sequence[str] = (),
        **kwargs: Any,
    ):
        super().__init__(metric_names, **kwargs)
        self.count, self.image_shape = count, tuple(image_shape)
        height, _, channels = self.image_shape
        self.width, self.skips, self.gain, self.seed = width, skips, gain, seed
        self.brightness, self.contrast = brightness, contrast
        self.decoder = Frozen(generator)
        own = []
        if generator is None:
            side = size or height
            if side is None:
                raise ValueError("size must be a number, as the classifier takes any size, received None: pass `size`.")
            own = [
                build_generator(side, channels, width=width, skips=skips, seed=seed + index) for index in range(count)
            ]
        self.generators = ModelPerRow(own, name="generators") if own else None
        entered, made = (generator or own[0]).input_shape, (generator or own[0]).output_shape
        if not isinstance(brightness, (int, float)) and len(brightness) != channels:
            raise ValueError(
                f"brightness must be one number, or one for each of {channels} channels, received {brightness}"
            )
        if len(entered) != 2 or len(made) != 4 or made[-1] != channels:
            raise ValueError(
                f"generator must map (B, F) to (B, H, W, {channels}), received one from {entered} to {made}: pass a "
                f"decoder of images with {channels} channels, as the classifier takes them."
            )
        self.feature_count, self.size = entered[-1], made[1]
        kind = perturbation or ("multiplicative" if self.pretrained else "gaussian")
        self.perturb = Corruption(kind, (0.05 if self.pretrained else 2.0) if noise is None else noise, seed=seed)
        start = "ones" if gain is None else keras.initializers.RandomNormal(stddev=gain, seed=seed + 2)
        self.gains = FeatureGain(count, start, name="gains")
        self.gains.build((None, self.feature_count))

    @property
    def pretrained(self) -> bool:
        """Whether the generator is shared and not trained."""
        return self.decoder.model is not None

    @property
    def input_shape(self):
        return (None, self.feature_count)

    def checked_inputs(self, inputs):
        return checked_vectors(inputs, self.feature_count, "features", unit_range=False)

    def call(self, features, training=False):
        """Images for features, one row per target."""
        return self._decoded(self.gains(self.perturb(features, training=training)))

    def images(self, median_of: int = 1) -> np.ndarray:
        """The image of every target, float32 `(T, H, W, C)` in 0..255.

        Args:
            median_of: number of perturbations for a pixelwise median; 1: no perturbation.
        """
        if median_of < 1:
            raise ValueError(f"median_of must be at least 1, received {median_of}")
        drawn = [ops.convert_to_numpy(self._images(training=median_of > 1)) for _ in range(median_of)]
        return np.median(drawn, axis=0).astype("float32")

    def features(self) -> np.ndarray:
        """The generator's inputs for the images, without perturbation, float32 `(T, F)`; a `Gallery` stores them."""
        return ops.convert_to_numpy(self.gains(ops.ones((self.count, self.feature_count))))

    def _images(self, training):
        return self.call(ops.ones((self.count, self.feature_count)), training=training)

    def _decoded(self, features):
        if self.generators is None:
            outputs = self.decoder.model(features, training=False)
        else:
            outputs = self.generators(features)
        return as_image(outputs, self.brightness, self.contrast)

    def export_endpoints(self) -> dict[str, tuple[Any, list[tf.TensorSpec]]]:
        """The SavedModel's endpoints: name to (function, input signature)."""
        rows = tf.TensorSpec((None,), tf.int32, name="rows")
        return {"images": (lambda rows: ops.take(self._images(training=False), rows, axis=0), [rows])}

    def get_config(self):
        if self.pretrained:
            raise NotImplementedError(
                "A CoupledGenerator with a shared generator can't be saved, as that is not its own: keep `images()`, "
                "or a Gallery of the generator and `features()`."
            )
        return {
            **super().get_config(),
            "image_shape": list(self.image_shape),
            "size": self.size,
            "width": self.width,
            "skips": self.skips,
            "perturbation": self.perturb.kind,
            "noise": self.perturb.rate,
            "gain": self.gain,
            "brightness": self.brightness if isinstance(self.brightness, (int, float)) else list(self.brightness),
            "contrast": self.contrast,
            "seed": self.seed,
        }
