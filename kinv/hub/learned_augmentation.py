"""Augmentation with the learned invariances of a network, as a layer for any Keras model."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from .resolve import load

FULL_RANGE = (0.0, 255.0)  # of the images that artifacts take


@keras.saving.register_keras_serializable("kinv")
class LearnedAugmentation(keras.layers.Layer):
    """Transforms every image independently during training, and returns images unchanged at inference.

    The transformations are those that an Invariant Transformer Net learned (Bunne et al.). Their weights are
    frozen and saved with the model, so that loading it needs neither the artifact nor a hub.

    Args:
        artifact: what `kinv.load` takes, such as `"itn_squeezenet"` or `"hf://organisation/name@revision"`; or a
            loaded model with a method `augment(images, seed)`.
        value_range: the smallest and the largest value that the images can have.
        seed: seed of the transformations; layers with the same seed draw the same sequence of them. None: any.

    Call arguments:
        images: `(B, H, W, C)`, any size, floats or integers in `value_range`.
        training: whether to transform.

    Returns:
        Images like `images`, in the layer's floating-point type.

    Raises:
        ArtifactError: the artifact can't be loaded.
        ValueError: the model has no `augment`, or `value_range` is empty.

    Example:
        >>> layer = LearnedAugmentation("itn_squeezenet", seed=1)
        >>> model = keras.Sequential([keras.Input((32, 32, 3)), layer, keras.layers.GlobalAveragePooling2D()])
    """

    def __init__(
        self, artifact: Any, value_range: Sequence[float] = FULL_RANGE, seed: int | None = None, **kwargs: Any
    ):
        super().__init__(**kwargs)
        low, high = (float(value) for value in value_range)
        if not low < high:
            raise ValueError(f"value_range must be (low, high) with low < high, received {tuple(value_range)}")
        if not isinstance(artifact, keras.Model):
            artifact = load(artifact)
        if not hasattr(artifact, "augment"):
            raise ValueError(
                f"artifact must be a model with `augment(images, seed)`, received a {type(artifact).__name__}."
            )
        self.transformer, self.value_range, self.seed = artifact, (low, high), seed
        self.transformer.trainable = False
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    @property
    def metrics(self):
        return []  # those of the transformer's own training would be taken for the user's of the same names

    def call(self, images, training=False):
        images = ops.cast(images, self.compute_dtype)
        if not training:
            return images
        low, high = self.value_range
        seed = ops.cast(self.seed_generator.next(), "int32")
        scale = (high - low) / FULL_RANGE[1]
        augmented = self.transformer.augment((ops.cast(images, "float32") - low) / scale, seed)
        return ops.cast(augmented * scale + low, self.compute_dtype)

    def compute_output_spec(self, images, training=False):
        return keras.KerasTensor(images.shape, dtype=self.compute_dtype)

    def save_own_variables(self, store):
        store["random_state"] = ops.convert_to_numpy(self.seed_generator.state)  # Keras leaves it out

    def load_own_variables(self, store):
        self.seed_generator.state.assign(store["random_state"][...])

    def get_config(self):
        return {
            **super().get_config(),
            "artifact": keras.saving.serialize_keras_object(self.transformer),
            "value_range": list(self.value_range),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        transformer = keras.saving.deserialize_keras_object(config["artifact"])
        if not isinstance(transformer, keras.Model):  # a saved model must not trigger the loading of another artifact
            raise ValueError(f"artifact must be the configuration of a model, received {transformer!r}")
        return cls(**{**config, "artifact": transformer})
