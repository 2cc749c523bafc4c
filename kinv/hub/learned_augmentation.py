"""Augmentation with the learned invariances of a network, as a layer for any Keras model."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kinv.arrays import as_array, check_numbers
from kinv.precision import Float32

from .resolve import load

FULL_RANGE = (0.0, 255.0)  # of the images that artifacts take
BaseImagePreprocessingLayer = keras.layers.RandomFlip.__base__  # Keras does not export it by name
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601: the brightness of red, green and blue
IMMOVABLE = ("bounding_boxes", "segmentation_masks", "keypoints")


@keras.saving.register_keras_serializable("kinv")
class LearnedAugmentation(Float32, BaseImagePreprocessingLayer):
    """Transforms every image independently, and returns images unchanged at inference.

    It is used as Keras's own preprocessing layers are: in a model or in `tf.data`, on images, or on dicts of `images`
    and `labels`. The transformations are those that an Invariant Transformer Net learned (Bunne et al.). Their weights
    are frozen and saved with the model, so that loading it needs neither the artifact nor a hub.

    Args:
        artifact: what `kinv.load` takes, such as `"itn_squeezenet"` or `"hf://organisation/name@revision"`; or a
            loaded model with a method `augment(images, seed)`.
        value_range: the smallest and the largest value that the images can have.
        seed: seed of the transformations; layers with the same seed draw the same sequence of them. None: any.
        data_format: `"channels_last"` or `"channels_first"`; default: Keras's.
        **kwargs: as in Keras. `dtype` is that of the images that are returned, by default float32 whatever the policy.

    Call arguments:
        data: images `(B, H, W, C)` or one image `(H, W, C)`, any size, floats or integers in `value_range`; or a dict
            with them as `images`. Of an artifact for RGB, greyscale images are transformed as grey RGB.
        training: whether to transform.

    Returns:
        Images like those given, in the layer's floating-point type; of a dict, a dict.

    Raises:
        ArtifactError: the artifact can't be loaded.
        ValueError: the model has no `augment`, `value_range` is empty, images have another number of channels or lie in
            0..1 where 0..255 is expected, or a dict has boxes or masks, which the layer can't move.

    Examples:
        >>> layer = LearnedAugmentation("itn_squeezenet", seed=1)
        >>> model = keras.Sequential([keras.Input((32, 32, 3)), layer, keras.layers.GlobalAveragePooling2D()])
    """

    _USE_BASE_FACTOR = False

    def __init__(
        self,
        artifact: Any,
        value_range: Sequence[float] = FULL_RANGE,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(data_format=data_format, **kwargs)  # pyright: ignore[reportCallIssue]
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
        self.transformer.trainable = True  # a value that is there already would not reach its layers, as after loading
        self.transformer.trainable = False
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    @property
    def metrics(self):
        return []  # those of the transformer's own training would be taken for the user's of the same names

    def __call__(self, data, *args, **kwargs):
        images = data.get("images") if isinstance(data, dict) else data
        found = None if images is None else as_array(images, "images")
        if found is not None:  # Keras would drop imaginary parts, and wrap errors in many lines
            check_numbers(found, "images", f"numbers in {self.value_range[0]:g}..{self.value_range[1]:g}")
        return super().__call__(data, *args, **kwargs)

    def call(self, data, training=True):
        if isinstance(data, dict):
            if "images" not in data:
                raise ValueError(f"a dict must have 'images', received the keys {sorted(data)}")
            immovable = sorted(set(IMMOVABLE) & set(data))
            if immovable:
                raise ValueError(
                    f"LearnedAugmentation moves images, but can't move {', '.join(immovable)} with them: use it for "
                    "classification only."
                )
            data = dict(data)  # Keras changes it in place
        return super().call(data, training=training)

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        return ops.cast(self.seed_generator.next() if seed is None else seed, "int32")

    def transform_images(self, images, transformation, training=True):
        """Images `(B, H, W, C)`, transformed as the seed `transformation`, int32 `(2,)`, says."""
        if not training or transformation is None:
            return ops.cast(images, self.compute_dtype)
        low, high = self.value_range
        scale = (high - low) / FULL_RANGE[1]
        images = (ops.cast(images, "float32") - low) / scale
        if self.data_format == "channels_first":
            images = ops.transpose(images, (0, 2, 3, 1))
        grey = images.shape[-1] == 1 and self.transformer.channels == 3
        augmented = self.transformer.augment(ops.repeat(images, 3, axis=-1) if grey else images, transformation)
        if grey:
            augmented = ops.sum(augmented * ops.convert_to_tensor(LUMA, "float32"), axis=-1, keepdims=True)
        if self.data_format == "channels_first":
            augmented = ops.transpose(augmented, (0, 3, 1, 2))
        return ops.cast(augmented * scale + low, self.compute_dtype)

    def transform_labels(self, labels, transformation, training=True):
        return labels

    def compute_output_shape(self, input_shape):
        return input_shape

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
