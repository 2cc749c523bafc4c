"""The Invariant Transformer Net: the space of affine transformations that a classifier is invariant to."""

import warnings
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from kinv.backend import compile_model
from kinv.choices import checked_choice
from kinv.classifiers.predict import answers
from kinv.data.checks import as_images, class_indices
from kinv.training.checked_data import checked_data, checked_validation
from kinv.training.frozen import Frozen

from . import label_loss
from .affine_family import AffineFamily
from .arguments import check_numbers, check_paper, check_switches
from .batch import Batch
from .conditioner import Conditioner
from .distance import Distance
from .measured import Measured
from .start import adapt
from .volume import MULTIPLIER, Volume

FAMILIES = ("largest", "paper")
OPTIMIZERS = {"largest": lambda: keras.optimizers.SGD(0.015), "paper": lambda: keras.optimizers.Adam(5e-4)}
SMOOTHING = {"largest": 0.5, "paper": 0.1}


@keras.saving.register_keras_serializable("kinv")
class InvariantTransformer(Measured, AffineFamily):
    """Learns a family of colour and spatial transformations under which a classifier keeps its predictions.

    Bunne, Rahmann and Wolf, "Studying Invariances of Trained Convolutional Neural Networks", section III-D and
    figure 1. Two generators map control parameters `k_color` and `k_space`, in 0..1, to a colour matrix and a spatial
    matrix; the classifier is frozen. There are two families:

    `"largest"` fills what the network ignores. Matrices are exponentials of elements of the Lie algebra, by default
    linear in `k` and symmetric about the identity, which is at `k = 1/2`: six control parameters of space, twelve of
    the colours of RGB (`LieGenerator`). Training maximises the volumes of all, `log det`, under the constraint that the
    network keeps the share `accuracy_threshold` of its accuracy, with a Lagrange multiplier (`Volume`). So colours and
    space find their own proportion.

    `"paper"` is the paper's: `k` in [0, 1]^2, two dense ReLU layers for each matrix, and a gate. If the accuracy on a
    transformed batch is below `accuracy_threshold` times that on the original batch, the step lowers the classifier's
    loss; otherwise it moves the matrices away from the identity. What it learns is a path that leads away from the
    identity, not a volume: its effective dimension is 1 to 2 of 6 in space, and about 1 of 12 in colour.

    Differences of `"paper"` from the paper:
        - `k` is centred, and the generators start near the identity, not at it: see `MatrixGenerator`.
        - The gradient of each loss is normalized to norm 1, separately for each generator. The paper notes the
          "extremely different value ranges" of the two losses. Without this, the transformation loss, whose gradient
          grows with the distance, first hardly changes and then diverges; each generator's share depends on the other.
        - `c_theta` scales the output of the colour generator, not its loss: see `MatrixGenerator`.

    Of both families:
        - The spatial matrix is applied before the colour matrix. Both maps are affine and the homogeneous coordinate
          is sampled too, so the result is that of the paper's order (except where values are clipped to 0..255).
          Training then needs no gradient with respect to the images.
        - In space, what is to be kept is smoothed with a normal distribution (`smoothing`), and its gradient is
          estimated from values at two matrices. Backpropagation through bilinear sampling gives the gradient within one
          pixel, where interpolation blurs the image; learned transformations move images by tens of pixels. For
          SqueezeNet, on images moved by a sixth of the width, that gradient is 66 on average, with a standard deviation
          of 151 between images. Finite differences over 0.1 either way give 1.8 and 3.0
          (`benchmarks/sampling_gradient.py`).
        - Without labels, the classifier's own predictions are used.

    Args:
        classifier: Keras model, images `(B, H, W, C)` in 0..255 to logits; neither trained nor saved. Not needed for
            `transform` and `augment`, as after loading.
        family: `"largest"` or `"paper"`.
        channels: 3 for RGB, 1 for greyscale; default: the classifier's.
        hidden_units: widths of the dense ReLU layers of the paper's generators.
        fill: padding outside the frame: `"zeros"`, `"reflect"` or `"nearest"`.
        color_weight: `c_theta`, how fast colours change relative to space; of the paper's family.
        accuracy_threshold: the share of the network's own accuracy to keep, in 0..1. In the paper's family, `acc_orig`
            is their product, on each batch.
        smoothing: standard deviation of the normal distribution that smooths what is kept in space. Largest family:
            over `2 k - 1`, above 0; default 0.5. Paper's: over spatial matrices; default 0.1; 0 backpropagates through
            the sampling, as in the paper.
        beyond: of the largest family: flows beyond affine maps, one or more of `"warp"`, `"tone"`, `"kernels"` and
            `"noise"`, with control parameters `k_beyond`: see `FlowGenerator`. Each step takes two passes more.
        symmetric: of the largest family: whether it reaches as far on both sides of every direction. If not, there are
            two lengths for each, as where a network takes more contrast but not less.
        conditioned: of the largest family: whether it goes as far for an image as that image allows, see `Conditioner`.
        probes: number of random unit vectors, |S|; of the paper's family.
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
        family: str = "largest",
        channels: int | None = None,
        hidden_units: Sequence[int] = (64, 64),
        fill: str = "zeros",
        color_weight: float = 0.07,
        accuracy_threshold: float = 0.93,
        smoothing: float | None = None,
        beyond: Sequence[str] | str = (),
        symmetric: bool = True,
        conditioned: bool = False,
        probes: int = 32,
        seed: int = 0,
        **kwargs: Any,
    ):
        checked_choice("family", family, FAMILIES)
        if channels is None:
            channels = classifier.input_shape[-1] if classifier is not None else 3
        if channels not in (1, 3):
            raise ValueError(f"channels must be 1 or 3, received {channels}")
        smoothing = SMOOTHING[family] if smoothing is None else smoothing
        beyond = (beyond,) if isinstance(beyond, str) else tuple(beyond)
        paper = family == "paper"
        check_numbers(color_weight, accuracy_threshold, smoothing, probes, family)
        check_switches(symmetric=symmetric, conditioned=conditioned)
        if paper:
            check_paper(beyond=beyond, symmetric=symmetric, conditioned=conditioned)
        if paper:
            objective = Distance(hidden_units, probes, smoothing, color_weight)
        else:
            objective = Volume(smoothing, beyond, symmetric)
        generators = objective.generators(channels, seed)
        conditioner = Conditioner([generator.controls for generator in generators], seed) if conditioned else None
        super().__init__(generators, channels, fill, seed, objective.metrics, conditioner, **kwargs)
        self.family, self.hidden_units, self.objective = family, tuple(hidden_units), objective
        self.color_weight, self.accuracy_threshold = color_weight, accuracy_threshold
        self.smoothing, self.beyond, self.probes = smoothing, beyond, probes
        self.symmetric, self.conditioned = symmetric, conditioned
        self.frozen = Frozen(classifier)
        if not paper:
            self.multiplier = self.add_weight(
                shape=(),
                initializer=keras.initializers.Constant(MULTIPLIER * sum(self.controls)),
                trainable=False,
                aggregation="mean",
                name="multiplier",
            )

    def set_classifier(self, classifier: keras.Model) -> None:
        """Sets the network whose invariances are learned, for example to continue training a loaded model."""
        self.frozen = Frozen(classifier)
        self.train_function = self.test_function = None  # compiled for the previous network

    def adapt(self, images: Any, labels: Any = None) -> None:
        """Sets where training of the largest family starts, which takes fewer passes than to train it there.

        In colour and in flows, it first reaches as far along each generator alone as nearly all predictions stay:
        SqueezeNet lets some colours of photographs be mixed sixty times as far as others be shifted. In space, all
        generators start alike. There, a network answers differently to shifts by a few pixels, so that each alone says
        little about larger changes. It takes 36 of the images, a few hundred times each. Then all of it is scaled until
        the share `accuracy_threshold` stays: chance is 1 point with 500 images.

        Args:
            images: images that the transformer will be trained with, `(N, H, W, C)` in 0..255.
            labels: as in `fit`.

        Raises:
            ValueError: it is the paper's family, or images or labels do not fit the network.
        """
        if self.family != "largest":
            raise ValueError(f"adapt is for the largest family, received a transformer of family {self.family!r}")
        classifier = self.frozen.require("adapt")
        images = ops.convert_to_tensor(as_images(images, shape=classifier.input_shape[1:]), "float32")
        labels = None if labels is None else class_indices(labels, images.shape[0], classifier.output_shape[-1])
        adapt(self, compile_model(classifier), self._labelled((images, labels)))

    def compile(self, optimizer: Any = None, loss: Any = None, **kwargs: Any) -> None:
        """Defaults: stochastic gradient descent at 0.015 for the largest family, Adam at 5e-4 for the paper's.

        The gradient of the largest family is in its own units, see `LieGenerator`; Adam would make noise as large as
        what it is hidden in.

        Args:
            optimizer: an optimizer, or the name of one.
            loss: of labels and logits, default cross-entropy: a name, or a `keras.losses.Loss`.
            **kwargs: as in Keras; metrics are of labels and the logits of transformed images. `jit_compile` is off for
                a family with flows on a CPU.
        """
        if self.beyond and not tf.config.list_physical_devices("GPU"):
            kwargs.setdefault("jit_compile", False)  # on a CPU, XLA takes 3 to 13 times as long for flows
        self.label_loss = label_loss.get(loss)  # Keras would try its own on what `call` returns, which is images
        super().compile(optimizer=optimizer or OPTIMIZERS[self.family](), **kwargs)
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
        warning = self.objective.complaint(history.history, self.accuracy_threshold) if history.epoch else None
        if warning:
            warnings.warn(warning, stacklevel=2)
        return history

    def evaluate(self, x=None, y=None, **kwargs):
        x, y, _ = checked_data(self.frozen.require("fit and evaluate"), x, y, preflight=False)
        return super().evaluate(x, y, **kwargs)

    def train_step(self, data):
        """One batch of `images` or `(images, labels)`."""
        return self._reported(self.objective.train, data)

    def test_step(self, data):
        return self._reported(self.objective.test, data)

    def _reported(self, step, data):
        batch = self._labelled(data)
        logits, values = step(self, batch)
        self.compute_metrics(None, batch.labels, logits, batch.weights)
        return self.report(*values)

    def _labelled(self, data):
        """Images with labels, by default the classifier's predictions."""
        images, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        images = ops.cast(images, "float32")
        logits = ops.cast(self.frozen.require("fit and evaluate")(images, training=False), "float32")
        if labels is None:
            labels = ops.argmax(logits, axis=-1)
        elif len(labels.shape) == 2:  # of a stream
            labels = labels[:, 0] if labels.shape[-1] == 1 else ops.argmax(labels, axis=-1)
        return Batch(images, ops.cast(labels, "int32"), weights, logits)

    def classify(self, images: Any, labels: Any, *maps: Any, seed: Any = 0) -> tuple[Any, Any]:
        """The classifier's loss for every transformed image, `(B,)`, and its logits, `(B, classes)`."""
        transformed = self.apply_matrices(images, *maps, seed=seed)
        logits = ops.cast(self.frozen.require("fit and evaluate")(transformed, training=False), "float32")
        return label_loss.of_labels(self.label_loss)(labels, logits), logits

    def save_own_variables(self, store):
        super().save_own_variables(store)
        if self.family == "largest":
            store["multiplier"] = ops.convert_to_numpy(self.multiplier)

    def load_own_variables(self, store):
        super().load_own_variables(store)
        if self.family == "largest":
            self.multiplier.assign(store["multiplier"][...])

    def get_config(self):
        return {
            **super().get_config(),
            "family": self.family,
            "hidden_units": list(self.hidden_units),
            "color_weight": self.color_weight,
            "accuracy_threshold": self.accuracy_threshold,
            "smoothing": self.smoothing,
            "beyond": list(self.beyond),
            "symmetric": self.symmetric,
            "conditioned": self.conditioned,
            "probes": self.probes,
        }

    @classmethod
    def from_config(cls, config):
        return super().from_config({"family": "paper", **config})  # of models saved when there was no other
