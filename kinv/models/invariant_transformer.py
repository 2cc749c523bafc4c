"""The Invariant Transformer Net: the space of affine transformations that a classifier ignores."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from kinv.layers import ColorTransformer, MatrixGenerator, SpatialTransformer
from kinv.ops.affine_matrices import distance_from_identity, mean_squared_shift
from kinv.ops.hashing import hashed_uniform, seed_pair

from .frozen import Frozen

METRICS = (
    "classifier_loss",
    "transformation_loss",
    "accuracy",
    "color_distance",
    "space_distance",
    "expanding",
)


SMALLEST_NORM = 1e-12  # below it a gradient counts as none


@keras.saving.register_keras_serializable("kinv")
class InvariantTransformer(keras.Model):
    """Learns a family of colour and spatial transformations under which a classifier keeps its predictions.

    Bunne, Rahmann and Wolf, "Studying Invariances of Trained Convolutional Neural Networks", section III-D and
    figure 1. Two generators turn `k_color` and `k_space`, each in [0, 1]^2, into a colour matrix and a spatial
    matrix; the classifier stays as it is. A batch on which the classifier is right less often than
    `accuracy_threshold` lowers the classifier's loss, any other moves the matrices away from the identity.

    Deviations from the paper:
        - `k` is centred, and the generators start near the identity, not at it: see `MatrixGenerator`.
        - Pictures are sampled first and coloured second. Both maps are affine and the homogeneous coordinate is
          sampled along, so the result is that of the paper's order (up to where clipping to 0..255 happens), and
          training needs no gradient for the pictures.
        - The gradient of either loss is brought to a norm, for each generator on its own: 1 for the classifier's loss,
          `color_weight` and `space_weight` for the transformation loss. The paper speaks of the "extremely different
          value ranges" of the two; without it the transformation loss, whose gradient grows with the distance, first
          hardly moves and then runs away, and one generator's share depends on where the other is.
        - Where there are no labels, the classifier's own predictions take their place.

    Args:
        classifier: Keras model, pictures `(B, H, W, C)` in 0..255 to logits; not trained, not saved. May be left out
            where only `transform` and `augment` are used, as after loading.
        channels: 3 for RGB, 1 for greyscale; default: the classifier's.
        hidden_units: widths of the dense ReLU layers of both generators.
        fill: what lies outside the frame: `"zeros"`, `"reflect"` or `"nearest"`.
        color_weight: `c_theta`, norm of the colour generator's gradient of the transformation loss.
        space_weight: the same for the spatial generator.
        accuracy_threshold: `acc_orig`, in 0..1.
        probes: number of random unit vectors, |S|.
        seed: of the initial weights and of everything drawn in training.

    Call arguments:
        images: float tensor `(B, H, W, C)` in 0..255.

    Returns:
        The pictures, transformed with `k` drawn uniformly from the model's own random numbers.

    Raises:
        ValueError: a value out of its range, named in the message.

    Example:
        >>> import numpy as np
        >>> transformer = InvariantTransformer(channels=3)
        >>> transformer.augment(np.zeros((2, 32, 32, 3), "float32"), seed=1).shape
        TensorShape([2, 32, 32, 3])
    """

    def __init__(
        self,
        classifier: keras.Model | None = None,
        *,
        channels: int | None = None,
        hidden_units: Sequence[int] = (64, 64),
        fill: str = "zeros",
        color_weight: float = 0.05,
        space_weight: float = 0.1,
        accuracy_threshold: float = 0.89,
        probes: int = 32,
        seed: int = 0,
        name: str = "invariant_transformer",
    ):
        super().__init__(name=name)
        if channels is None:
            channels = classifier.input_shape[-1] if classifier is not None else 3
        if channels not in (1, 3):
            raise ValueError(f"channels must be 1 or 3, received {channels}")
        if not 0 <= accuracy_threshold <= 1:
            raise ValueError(f"accuracy_threshold must lie in 0..1, received {accuracy_threshold}")
        if not (color_weight >= 0 and space_weight >= 0):
            raise ValueError(f"the weights must not be negative, received {color_weight} and {space_weight}")
        if probes < 1:
            raise ValueError(f"probes must be at least 1, received {probes}")

        self.channels, self.hidden_units, self.fill, self.seed = channels, tuple(hidden_units), fill, seed
        self.color_weight, self.space_weight = color_weight, space_weight
        self.accuracy_threshold, self.probes = accuracy_threshold, probes
        self.color_generator = MatrixGenerator(channels, channels + 1, hidden_units, seed, name="color_generator")
        self.space_generator = MatrixGenerator(2, 3, hidden_units, seed + 1000, name="space_generator")
        self.color = ColorTransformer(name="color")
        self.space = SpatialTransformer(fill, name="space")
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.means = {name: keras.metrics.Mean(name=name) for name in METRICS}
        for generator in (self.color_generator, self.space_generator):
            generator.build((None, 2))
        self.frozen = Frozen(classifier)
        self.built = True

    def set_classifier(self, classifier: keras.Model) -> None:
        """Takes the network whose invariances are to be learned, for example to train a loaded model further."""
        self.frozen = Frozen(classifier)
        self.train_function = self.test_function = None  # compiled for the network before

    # === Transforming ===

    def matrices(self, k_color: Any, k_space: Any) -> tuple[Any, Any]:
        """The matrices for control parameters `(B, 2)`: colour `(B, C, C + 1)` and space `(B, 2, 3)`."""
        return self.color_generator(k_color), self.space_generator(k_space)

    def apply_matrices(self, images: Any, color: Any, space: Any) -> Any:
        """Transforms float32 pictures `(B, H, W, C)` in 0..255 with one colour and one spatial matrix each."""
        images = ops.cast(images, "float32")
        if self.fill != "zeros":
            return self.color(self.space(images, space), color)
        homogeneous = ops.concatenate([images, ops.ones_like(images[..., :1])], axis=-1)
        sampled = self.space(homogeneous, space)
        return self.color(sampled[..., :-1], color, sampled[..., -1:])

    def transform(self, images: Any, k_color: Any, k_space: Any) -> Any:
        """Transforms pictures `(B, H, W, C)` in 0..255 with chosen control parameters.

        Args:
            images: pictures, any size.
            k_color, k_space: `(B, 2)`, or `(2,)` for all pictures alike, in 0..1.

        Returns:
            float32 tensor like `images`, in 0..255.

        Raises:
            ValueError: wrong shapes.
        """
        images = self._checked(images)
        count = ops.shape(images)[0]
        color, space = self.matrices(_control(k_color, count, "k_color"), _control(k_space, count, "k_space"))
        return self.apply_matrices(images, color, space)

    def augment(self, images: Any, seed: Any) -> Any:
        """Transforms every picture with its own `k`, drawn uniformly; the same seed gives the same pictures.

        Args:
            images: `(B, H, W, C)` in 0..255, any size.
            seed: a whole number, or an int32 tensor of shape `(2,)`.

        Returns:
            float32 tensor like `images`, in 0..255.
        """
        images = self._checked(images)
        k = hashed_uniform(seed_pair(seed), ops.shape(images)[0], 4)
        return self.transform(images, k[:, :2], k[:, 2:])

    def call(self, images, training=None):
        color, space = self.matrices(*self._draw(ops.shape(images)[0]))
        return self.apply_matrices(images, color, space)

    def _draw(self, count):
        k = keras.random.uniform((count, 4), seed=self.seed_generator)
        return k[:, :2], k[:, 2:]

    def _checked(self, images):
        images = ops.convert_to_tensor(images)
        if len(images.shape) != 4 or images.shape[-1] not in (None, self.channels):
            raise ValueError(
                f"images must have shape (batch, height, width, {self.channels}), received {tuple(images.shape)}"
            )
        return ops.cast(images, "float32")

    # === Training ===

    def compile(self, optimizer: Any = None, loss: Any = None, **kwargs: Any) -> None:
        """Defaults: Adam at 5e-4 and cross-entropy on logits."""
        super().compile(
            optimizer=optimizer or keras.optimizers.Adam(5e-4),
            loss=loss or keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            **kwargs,
        )

    @property
    def metrics(self):
        return list(self.means.values())

    def train_step(self, data):
        """One batch of `images` or `(images, labels)`."""
        with tf.GradientTape(persistent=True) as tape:
            classifier_loss, transformation_loss, right, distances = self._both_losses(data)
        expanding = right >= self.accuracy_threshold
        variables = self.trainable_variables
        gradients = tf.cond(  # section III-D, L_final: one of the two losses, never their sum
            expanding,
            lambda: self._scaled(tape.gradient(transformation_loss, variables), self.color_weight, self.space_weight),
            lambda: self._scaled(tape.gradient(classifier_loss, variables), 1.0, 1.0),
        )
        self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return self._update(classifier_loss, transformation_loss, right, *distances, expanding)

    def _scaled(self, gradients, color_norm, space_norm):
        """The gradients, brought to one norm for the colour generator and one for the spatial generator."""
        split = len(self.color_generator.trainable_variables)
        scaled = []
        for part, norm in ((gradients[:split], color_norm), (gradients[split:], space_norm)):
            factor = norm / (tf.linalg.global_norm(part) + SMALLEST_NORM)
            scaled += [gradient * factor for gradient in part]
        return scaled

    def test_step(self, data):
        classifier_loss, transformation_loss, right, distances = self._both_losses(data)
        expanding = right >= self.accuracy_threshold
        return self._update(classifier_loss, transformation_loss, right, *distances, expanding)

    def _both_losses(self, data):
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        classify = self.frozen.require("fit and evaluate")
        images = ops.cast(images, "float32")
        if labels is None:
            labels = ops.argmax(classify(images, training=False), axis=-1)
        k_color, k_space = self._draw(ops.shape(images)[0])
        color, space = self.matrices(k_color, k_space)
        logits = classify(self.apply_matrices(images, color, space), training=False)
        classifier_loss = self.compute_loss(y=labels, y_pred=logits)
        right = ops.mean(ops.cast(ops.equal(ops.argmax(logits, axis=-1), ops.cast(labels, "int32")), "float32"))
        transformation_loss = self._transformation_loss(color, k_color) + self._transformation_loss(space, k_space)
        return (
            classifier_loss,
            transformation_loss,
            right,
            (distance_from_identity(color), distance_from_identity(space)),
        )

    def _transformation_loss(self, matrices, k):
        """`L_k`: minus the mean squared shift of random unit vectors, weighted by `k_1 + k_2` (section III-D)."""
        vectors = keras.random.normal((self.probes, matrices.shape[-1]), seed=self.seed_generator)
        vectors = vectors / ops.norm(vectors, axis=-1, keepdims=True)
        return -ops.mean(ops.sum(k, axis=-1) * mean_squared_shift(matrices, vectors))

    def _update(self, *values):
        for mean, value in zip(self.means.values(), values, strict=True):
            mean.update_state(ops.mean(ops.cast(value, "float32")))
        return {name: mean.result() for name, mean in self.means.items()}

    # === Keeping ===

    def export_endpoints(self) -> dict[str, tuple[Any, list[tf.TensorSpec]]]:
        """What the SavedModel of this model answers: endpoint name to function and input signature."""
        floats = tf.TensorSpec((None, None, None, self.channels), tf.float32, name="images")
        bytes_ = tf.TensorSpec((None, None, None, self.channels), tf.uint8, name="images")
        seed = tf.TensorSpec((2,), tf.int32, name="seed")
        k_color, k_space = (tf.TensorSpec((None, 2), tf.float32, name=name) for name in ("k_color", "k_space"))

        def augment_uint8(images, seed):
            return tf.cast(tf.round(self.augment(images, seed)), tf.uint8)

        return {
            "augment": (self.augment, [floats, seed]),
            "augment_uint8": (augment_uint8, [bytes_, seed]),
            "transform": (self.transform, [floats, k_color, k_space]),
        }

    def save_own_variables(self, store):
        # Keras leaves the generator's state out; without it, resumed training would draw other numbers.
        store["random_state"] = ops.convert_to_numpy(self.seed_generator.state)

    def load_own_variables(self, store):
        self.seed_generator.state.assign(store["random_state"][...])

    def get_config(self):
        return {
            "channels": self.channels,
            "hidden_units": list(self.hidden_units),
            "fill": self.fill,
            "color_weight": self.color_weight,
            "space_weight": self.space_weight,
            "accuracy_threshold": self.accuracy_threshold,
            "probes": self.probes,
            "seed": self.seed,
            "name": self.name,
        }


def _control(k, count, name):
    k = ops.cast(ops.convert_to_tensor(k), "float32")
    if len(k.shape) not in (1, 2) or k.shape[-1] not in (None, 2):
        raise ValueError(f"{name} must have shape (2,) or (batch, 2), received {tuple(k.shape)}")
    return ops.broadcast_to(k, (count, 2)) if len(k.shape) == 1 else k
