"""The Invariant Transformer Net: the space of affine transformations that a classifier is invariant to."""

import warnings
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from kinv.classifiers.predict import answers
from kinv.ops.affine import distance_from_identity, mean_squared_shift
from kinv.ops.weighted_mean import weighted_mean
from kinv.training.checked_data import checked_data, checked_validation
from kinv.training.frozen import Frozen

from . import label_loss
from .affine_family import AffineFamily
from .measured import Measured
from .smoothed_gradient import smoothed_gradient

METRICS = (
    "classifier_loss",
    "transformation_loss",
    "accuracy",
    "own_accuracy",
    "color_distance",
    "space_distance",
    "expanding",
)


SMALLEST_NORM = 1e-12  # a gradient below it counts as zero


@keras.saving.register_keras_serializable("kinv")
class InvariantTransformer(Measured, AffineFamily):
    """Learns a family of colour and spatial transformations under which a classifier keeps its predictions.

    Bunne, Rahmann and Wolf, "Studying Invariances of Trained Convolutional Neural Networks", section III-D and
    figure 1. Two generators map `k_color` and `k_space`, each in [0, 1]^2, to a colour matrix and a spatial matrix; the
    classifier is frozen. If its accuracy on a transformed batch is below `accuracy_threshold` times that on the
    original batch, the step lowers the classifier's loss; otherwise it moves the matrices away from the identity.

    Differences from the paper:
        - `k` is centred, and the generators start near the identity, not at it: see `MatrixGenerator`.
        - The spatial matrix is applied before the colour matrix. Both maps are affine and the homogeneous coordinate
          is sampled too, so the result is that of the paper's order (except where values are clipped to 0..255).
          Training then needs no gradient with respect to the images.
        - The gradient of each loss is normalized to norm 1, separately for each generator. The paper notes the
          "extremely different value ranges" of the two losses. Without this, the transformation loss, whose gradient
          grows with the distance, first hardly changes and then diverges; each generator's share depends on the other.
        - `c_theta` scales the output of the colour generator, not its loss: see `MatrixGenerator`.
        - For the spatial matrices, the classifier's loss is smoothed with a normal distribution over matrices
          (`smoothing`), and its gradient is estimated from the losses at two matrices. Backpropagation through bilinear
          sampling gives the gradient within one pixel, where interpolation blurs the image; learned transformations
          move images by tens of pixels. For SqueezeNet, on images moved by a sixth of the width, that gradient is 66 on
          average, with a standard deviation of 151 between images. Finite differences over 0.1 either way give 1.8 and
          3.0 (`benchmarks/sampling_gradient.py`).
        - Without labels, the classifier's own predictions are used.

    Args:
        classifier: Keras model, images `(B, H, W, C)` in 0..255 to logits; neither trained nor saved. Not needed for
            `transform` and `augment`, as after loading.
        channels: 3 for RGB, 1 for greyscale; default: the classifier's.
        hidden_units: widths of the dense ReLU layers of both generators.
        fill: padding outside the frame: `"zeros"`, `"reflect"` or `"nearest"`.
        color_weight: `c_theta`, how fast colours change relative to space.
        accuracy_threshold: the share of the network's own accuracy to keep, in 0..1: `acc_orig` is their product, on
            each batch.
        smoothing: standard deviation of the normal distribution over spatial matrices that smooths the loss; 0
            backpropagates through the sampling, as in the paper.
        probes: number of random unit vectors, |S|.
        seed: seeds the initial weights and all sampling.
        **kwargs: `name`, `trainable` and `dtype`, as in `kinv.training.Method`.

    Call arguments:
        images: float tensor `(B, H, W, C)` in 0..255.
        training: whether uniformly random `k` come from the model's own random number generator. By default they are
            those of `augment(images, seed)`, the same in every call.

    Returns:
        The images, transformed.

    Raises:
        ValueError: an argument is out of range; the message names it.

    Examples:
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
        color_weight: float = 0.07,
        accuracy_threshold: float = 0.93,
        smoothing: float = 0.1,
        probes: int = 32,
        seed: int = 0,
        **kwargs: Any,
    ):
        if channels is None:
            channels = classifier.input_shape[-1] if classifier is not None else 3
        if not color_weight > 0:
            raise ValueError(f"color_weight must be positive, received {color_weight}")
        super().__init__(channels, hidden_units, fill, seed, color_weight, METRICS, **kwargs)
        if not 0 <= accuracy_threshold <= 1:
            raise ValueError(f"accuracy_threshold must lie in 0..1, received {accuracy_threshold}")
        if not 0 <= smoothing < 1:
            raise ValueError(f"smoothing must be at least 0 and less than 1, received {smoothing}")
        if probes < 1:
            raise ValueError(f"probes must be at least 1, received {probes}")

        self.color_weight, self.accuracy_threshold = color_weight, accuracy_threshold
        self.smoothing, self.probes = smoothing, probes
        self.frozen = Frozen(classifier)

    def set_classifier(self, classifier: keras.Model) -> None:
        """Sets the network whose invariances are learned, for example to continue training a loaded model."""
        self.frozen = Frozen(classifier)
        self.train_function = self.test_function = None  # compiled for the previous network

    def compile(self, optimizer: Any = None, loss: Any = None, **kwargs: Any) -> None:
        """Defaults: Adam at 5e-4 and cross-entropy.

        Args:
            optimizer: an optimizer, or the name of one.
            loss: of labels and logits: a name, or a `keras.losses.Loss`.
            **kwargs: as in Keras; metrics are of labels and the logits of transformed images.
        """
        self.label_loss = label_loss.get(loss)  # Keras would try its own on what `call` returns, which is images
        super().compile(optimizer=optimizer or keras.optimizers.Adam(5e-4), **kwargs)
        self.optimizer.build(self.trainable_variables)  # a train step that creates variables is traced twice

    def get_compile_config(self):
        config = super().get_compile_config()
        return config and {**config, "loss": keras.saving.serialize_keras_object(self.label_loss)}

    def default_labels(self, x):
        return answers(self.frozen.require("fit and evaluate"), x)[0]

    def fit(self, x=None, y=None, *, validation_data=None, preflight=True, **kwargs):
        """As in Keras. Without labels, the network's own predictions are used.

        Args:
            x: images in 0..255, an array or anything that Keras takes.
            y: labels `(N,)`, `(N, 1)` or one-hot.
            validation_data, **kwargs: as in Keras.
            preflight: whether to check first that images and labels fit the network, see `kinv.preflight`.
        """
        classifier = self.frozen.require("fit and evaluate")
        x, y, self.preflight = checked_data(classifier, x, y, preflight)
        validation_data = checked_validation(classifier, validation_data)
        history = super().fit(x, y, validation_data=validation_data, **kwargs)
        if history.epoch and not any(history.history["expanding"]):
            warnings.warn(
                "the transformer never explored: in no step was enough of the network's accuracy left, so the family "
                f"stays near the identity (accuracy {history.history['accuracy'][-1]:.2f} of transformed images, "
                f"{history.history['own_accuracy'][-1]:.2f} of the originals). Lower accuracy_threshold, which is "
                f"{self.accuracy_threshold}, or use larger batches.",
                stacklevel=2,
            )
        return history

    def evaluate(self, x=None, y=None, **kwargs):
        x, y, _ = checked_data(self.frozen.require("fit and evaluate"), x, y, preflight=False)
        return super().evaluate(x, y, **kwargs)

    def train_step(self, data):
        """One batch of `images` or `(images, labels)`."""
        images, labels, weights, own = self._labelled(data)
        with tf.GradientTape(persistent=True) as tape:
            color, space, transformation_loss = self._propose(ops.shape(images)[0], weights)
            losses, logits = self._classify(images, labels, color, space)
            classifier_loss = weighted_mean(losses, weights)
        for_color, for_space = self.color_generator.trainable_variables, self.space_generator.trainable_variables
        directions = keras.random.normal(ops.shape(space), seed=self.seed_generator)

        def expand():
            return (
                *_scaled(tape.gradient(transformation_loss, for_color)),
                *_scaled(tape.gradient(transformation_loss, for_space)),
            )

        def hold():
            if self.smoothing:
                smoothed = smoothed_gradient(
                    lambda moved: self._classify(images, labels, color, moved)[0], space, directions, self.smoothing
                )
                if weights is not None:
                    smoothed = smoothed * ops.reshape(ops.cast(weights, smoothed.dtype), (-1, 1, 1))
                in_space = tape.gradient(space, for_space, output_gradients=smoothed)
            else:
                in_space = tape.gradient(classifier_loss, for_space)
            return (*_scaled(tape.gradient(classifier_loss, for_color)), *_scaled(in_space))

        # section III-D, L_final: one of the two losses, never their sum
        expanding = self._expands(self._accuracy(logits, labels, weights), own)
        gradients = tf.cond(expanding, expand, hold)
        self.descend(self.optimizer, gradients, (*for_color, *for_space))
        return self._update(color, space, classifier_loss, transformation_loss, logits, labels, weights, own)

    def test_step(self, data):
        images, labels, weights, own = self._labelled(data)
        color, space, transformation_loss = self._propose(ops.shape(images)[0], weights)
        losses, logits = self._classify(images, labels, color, space)
        loss = weighted_mean(losses, weights)
        return self._update(color, space, loss, transformation_loss, logits, labels, weights, own)

    def _labelled(self, data):
        """Images, their labels (default: the classifier's predictions), weights, its accuracy on the originals."""
        images, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        classify = self.frozen.require("fit and evaluate")
        images = ops.cast(images, "float32")
        logits = classify(images, training=False)
        if labels is None:
            labels = ops.argmax(logits, axis=-1)
        elif len(labels.shape) == 2:  # of a stream
            labels = labels[:, 0] if labels.shape[-1] == 1 else ops.argmax(labels, axis=-1)
        labels = ops.cast(labels, "int32")
        return images, labels, weights, self._accuracy(logits, labels, weights)

    def _propose(self, count, weights):
        """Matrices for random `k`, and their transformation loss."""
        k_color, k_space = self._draw(count)
        color, space = self.matrices(k_color, k_space)
        loss = self._transformation_loss(color, k_color, weights) + self._transformation_loss(space, k_space, weights)
        return color, space, loss

    def _classify(self, images, labels, color, space):
        """The classifier's loss for every transformed image, `(B,)`, and its logits, `(B, classes)`."""
        logits = self.frozen.require("fit and evaluate")(self.apply_matrices(images, color, space), training=False)
        logits = ops.cast(logits, "float32")
        return label_loss.of_labels(self.label_loss)(labels, logits), logits

    def _accuracy(self, logits, labels, weights):
        right = ops.equal(ops.cast(ops.argmax(logits, axis=-1), "int32"), labels)
        return weighted_mean(ops.cast(right, "float32"), weights)

    def _expands(self, right, own):
        """Whether a batch leaves room: enough of the network's own accuracy on it is left, and there was any."""
        enough = right >= self.accuracy_threshold * own
        return ops.logical_and(enough, own > 0) if self.accuracy_threshold else enough

    def _transformation_loss(self, matrices, k, weights):
        """`L_k`: minus the mean squared shift of random unit vectors, weighted by `k_1 + k_2` (section III-D)."""
        vectors = keras.random.normal((self.probes, matrices.shape[-1]), seed=self.seed_generator)
        vectors = vectors / ops.norm(vectors, axis=-1, keepdims=True)
        return -weighted_mean(ops.sum(k, axis=-1) * mean_squared_shift(matrices, vectors), weights)

    def _update(self, color, space, classifier_loss, transformation_loss, logits, labels, weights, own):
        distances = (weighted_mean(distance_from_identity(matrices), weights) for matrices in (color, space))
        right = self._accuracy(logits, labels, weights)
        expanding = ops.cast(self._expands(right, own), "float32")
        self.compute_metrics(None, labels, logits, weights)
        return self.report(classifier_loss, transformation_loss, right, own, *distances, expanding)

    def get_config(self):
        return {
            **super().get_config(),
            "color_weight": self.color_weight,
            "accuracy_threshold": self.accuracy_threshold,
            "smoothing": self.smoothing,
            "probes": self.probes,
        }


def _scaled(gradients):
    """The gradients of a generator, normalized to global norm 1."""
    norm = tf.linalg.global_norm(gradients) + SMALLEST_NORM
    return [gradient / norm for gradient in gradients]
