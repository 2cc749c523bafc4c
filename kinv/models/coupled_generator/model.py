"""The coupled generator: the image that a class, unit or filter of a network likes best."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kinv.layers import Corruption
from kinv.training.divergence import StopWhenDiverged
from kinv.training.frozen import Frozen

from .autoencoder import CONTRAST, GREY
from .feature_gain import FeatureGain
from .generators import as_image, build_generator
from .model_per_row import ModelPerRow
from .objective import Target
from .objective_scores import TargetScores
from .random_views import RandomViews

LOSSES = ("activation", "cross_entropy", "both")


class CoupledGenerator(keras.Model):
    """Trains what comes before a fixed network, until the network answers with what was asked for.

    Despraz, Gomez, Satizábal and Peña-Reyes 2017: features, perturbed and each with a gain of its own (equation 1),
    pass a generator; its image passes the network; the loss is the network's answer (equation 2). Without
    pretraining every target has its own generator, of random weights, and all of it is trained; with pretraining,
    targets share one that stays as it is, and only their gains are trained. All targets are trained at once, each
    image for its own.

    Deviations from the paper:
        - The weight of the other classes is 1 for their mean, a tenth of the notebooks' 10 / classes for their sum,
          which outweighs the target in a network that answers with many positive numbers: all is pushed down.
        - Features are 1 also with pretraining, where the paper has 0, and gains start at 1: the code of an autoencoder
          has no place that is neutral.
        - A targeted class that does not answer at all has the gradient of what comes before the last ReLU.
        - The last convolution of the generator is linear, see `build_generator`; its output is scaled to the values of
          photographs.
        - `images(median_of=10)` is the median over ten perturbations, where the paper's is over the last ten steps.
        - `loss="cross_entropy"`, `smallest_view`, `skips` and `unit_steps` are not the paper's.

    Args:
        classifier: Functional Keras model, images `(B, H, W, C)` in 0..255 to logits; not trained, not saved.
        target: one or more, see `kinv.models.target`.
        generator: Functional model of features `(B, F)` to images `(B, H, W, C)`, such as an autoencoder's decoder;
            shared by all targets and not trained. Default: one of random weights for every target.
        size: side of the images, where there is no `generator`; default: the classifier's. Images of another size
            are resized on their way into the network.
        width, skips: of generators of random weights, see `build_generator`. With skips there is no last gamma, and no
            regulariser.
        loss: `"activation"` (equation 2); `"cross_entropy"`, which goes on only until the network is sure; or
            `"both"`, their sum.
        competition: lambda in equation 2, of the mean over all other classes; 10 is the notebooks'.
        regularization: of the last gamma (equation 3), or of the gains (equation 4); default: the paper's 0.01 or 0.1.
        perturbation: `"gaussian"`, which is additive, or `"multiplicative"`, see `Corruption`; default: the paper's.
        noise: its deviation; default: the paper's 2 or, with pretraining, 0.05.
        smallest_view: side of the smallest part of the image that the network is shown, see `RandomViews`; 1: all.
        unit_steps: with a `generator`, whether the gradient of every target's gains is scaled to norm 1, so that with
            SGD the learning rate is the distance that features move in a step.
        gain: deviation of normal numbers that gains start at; `None`: 1, all of them.
        brightness, contrast: values of an image are `brightness + contrast * output`, clipped to 0..255; the first may
            be one for each channel.
        class_names: of all classes, for targets that name them.
        seed: of weights, perturbations and views.

    Raises:
        ValueError: a value out of its range; a class, layer or unit that does not exist; images that the network does
            not take.

    Example:
        >>> from kinv import classifiers
        >>> from kinv.models import CoupledGenerator, target
        >>> coupled = CoupledGenerator(classifiers.build("digit_cnn"), target.classes(3), width=0.1)
        >>> coupled.compile()
        >>> history = coupled.fit(steps=1)
        >>> coupled.images().shape
        (1, 28, 28, 1)
    """

    def __init__(
        self,
        classifier: keras.Model,
        target: Target | Sequence[Target],
        *,
        generator: keras.Model | None = None,
        size: int | None = None,
        width: float = 1.0,
        skips: bool = False,
        loss: str = "activation",
        competition: float = 1.0,
        regularization: float | None = None,
        perturbation: str | None = None,
        noise: float | None = None,
        smallest_view: float = 1.0,
        unit_steps: bool = False,
        gain: float | None = None,
        brightness: float | Sequence[float] = GREY,
        contrast: float = CONTRAST,
        class_names: Sequence[str] | None = None,
        seed: int = 0,
        name: str = "coupled_generator",
    ):
        super().__init__(name=name)
        if loss not in LOSSES:
            raise ValueError(f"loss must be one of {LOSSES}, received {loss!r}")
        if not competition >= 0 or not (regularization is None or regularization >= 0):
            raise ValueError(
                f"competition and regularization must be at least 0, received {competition} and {regularization}"
            )
        self.objective = loss
        targets = self._checked(target)
        if unit_steps and generator is None:
            raise ValueError("unit_steps are of gains alone: pass the `generator` that they belong to.")
        self.unit_steps = unit_steps
        self.frozen = Frozen(TargetScores(classifier, targets, class_names))
        self.competition, self.count = competition, len(targets)
        if len(classifier.input_shape) != 4:
            raise ValueError(f"The network must take images (B, H, W, C), its inputs are {classifier.input_shape}.")
        height, self.input_width, channels = classifier.input_shape[1:]
        self.input_height = height
        self.brightness, self.contrast, self.seed = brightness, contrast, seed
        self.decoder = Frozen(generator)
        own = []
        if generator is None:
            side = size or height
            if side is None:
                raise ValueError("The classifier takes images of any size: pass `size`.")
            own = [
                build_generator(side, channels, width=width, skips=skips, seed=seed + index)
                for index in range(self.count)
            ]
        self.generators = ModelPerRow(own, name="generators") if own else None
        self.has_contrast = not skips
        entered, made = (generator or own[0]).input_shape, (generator or own[0]).output_shape
        if not isinstance(brightness, (int, float)) and len(brightness) != channels:
            raise ValueError(
                f"brightness must be one number, or one for each of {channels} channels, received {brightness}"
            )
        if len(entered) != 2 or len(made) != 4 or made[-1] != channels:
            raise ValueError(
                f"The network takes images of shape {classifier.input_shape}, and the generator makes {made} from "
                f"{entered}; expected (B, F) to (B, H, W, {channels})."
            )
        self.feature_count, pretrained = entered[-1], generator is not None
        self.regularization = (0.1 if pretrained else 0.01) if regularization is None else regularization
        kind = perturbation or ("multiplicative" if pretrained else "gaussian")
        self.perturb = Corruption(kind, (0.05 if pretrained else 2.0) if noise is None else noise, seed=seed)
        start = "ones" if gain is None else keras.initializers.RandomNormal(stddev=gain, seed=seed + 2)
        self.gains = FeatureGain(self.count, start, name="gains")
        self.gains.build((None, self.feature_count))
        self.views = RandomViews(smallest_view, smallest_view < 1, seed + 1) if smallest_view != 1 else None
        self.means = {key: keras.metrics.Mean(name=key) for key in ("loss", "activation", "others")}
        self.built = True

    @property
    def metrics(self):
        return list(self.means.values())

    @property
    def pretrained(self) -> bool:
        """Whether the generator is shared and stays as it is."""
        return self.decoder.model is not None

    def compile(self, optimizer: Any = None, **kwargs: Any) -> None:
        """Default: the paper's, AdaMax with 0.002, or with pretraining SGD with 0.01 and Nesterov's momentum of 0.1."""
        if optimizer is None:
            optimizer = (
                keras.optimizers.SGD(0.01, momentum=0.1, nesterov=True)
                if self.pretrained
                else keras.optimizers.Adamax(0.002, epsilon=1e-8)
            )
        super().compile(optimizer=optimizer, **kwargs)
        self.optimizer.build(self.trainable_variables)  # a step that makes variables is traced twice
        start = [(one, _compact(ops.convert_to_numpy(one))) for one in (*self.variables, *self.optimizer.variables)]
        self._rewind = lambda: [one.assign(values) for one, values in start]  # Keras would track a list of variables

    def restart(self, target: Target | Sequence[Target]) -> None:
        """The same start for other targets, as many and of the same layers: the step is not traced again.

        What `fit` then makes is what a model would that was made and compiled for them in the same way.

        Raises:
            ValueError: not compiled; another number of targets, a layer that none was of before, or a target that the
                loss has no bound for.
        """
        if not self.compiled:
            raise ValueError("restart goes back to what `compile` left: compile first.")
        targets = self._checked(target)
        self.frozen.model.take(targets)
        self._rewind()

    def fit(self, steps: int = 500, verbose: Any = 0, callbacks: Sequence[Any] | None = None, **kwargs: Any) -> Any:
        """So many steps for all targets at once, as one epoch; returns Keras's history, with means over the steps.

        Raises:
            FloatingPointError: the loss is not finite; the message names the step and the learning rate.
        """
        if steps < 1:
            raise ValueError(f"steps must be at least 1, received {steps}")
        return super().fit(
            tf.data.Dataset.range(steps),
            verbose=verbose,
            callbacks=[StopWhenDiverged("loss"), *(callbacks or ())],
            shuffle=False,
            **kwargs,
        )

    def train_step(self, data):
        """A step of equation 2 for every target; `data` is not looked at."""
        with tf.GradientTape() as tape:
            images = self._images(training=True)
            seen = images if self.views is None else self.views(images)
            of_classes, of_units, others, surprise = self.frozen.model(self._fitted(seen))
            loss = self._loss(of_classes, of_units, others, surprise)
        variables = self.trainable_variables
        gradients = tape.gradient(loss, variables)
        if self.unit_steps:
            gradients = [one / (ops.norm(one, axis=-1, keepdims=True) + 1e-12) for one in gradients]
        self.optimizer.apply(gradients, variables)
        for key, value in (("loss", loss), ("activation", of_classes + of_units), ("others", others)):
            self.means[key].update_state(ops.mean(value))
        return {key: mean.result() for key, mean in self.means.items()}

    def images(self, median_of: int = 1) -> np.ndarray:
        """The image of every target, float32 `(T, H, W, C)` in 0..255.

        Args:
            median_of: the median over so many perturbations, pixel by pixel; 1: without perturbation.
        """
        if median_of < 1:
            raise ValueError(f"median_of must be at least 1, received {median_of}")
        drawn = [ops.convert_to_numpy(self._images(training=median_of > 1)) for _ in range(median_of)]
        return np.median(drawn, axis=0).astype("float32")

    def features(self) -> np.ndarray:
        """What the generator makes the images of, without perturbation, float32 `(T, F)`: a `Gallery` keeps them."""
        return ops.convert_to_numpy(self.gains(ops.ones((self.count, self.feature_count))))

    def get_config(self):
        raise NotImplementedError(
            "A CoupledGenerator is not kept, as it does not work without its network: keep `images()`, or a Gallery "
            "of its decoder and `features()`, or what `generators.model(row)` returns."
        )

    def _checked(self, target):
        targets = [target] if isinstance(target, Target) else list(target)
        if self.objective == "activation":
            return targets
        terms = [term for one in targets for term in getattr(one, "terms", ())]
        if any(term.layer is None and term.weight < 0 for term in terms):
            raise ValueError("Classes with negative weights need loss='activation': cross-entropy has no bound there.")
        return targets

    def _images(self, training):
        features = self.gains(self.perturb(ops.ones((self.count, self.feature_count)), training=training))
        if self.generators is None:
            outputs = self.decoder.model(features, training=False)
        else:
            outputs = self.generators(features)
        return as_image(outputs, self.brightness, self.contrast)

    def _fitted(self, images):
        """Of the size that the network takes."""
        size = (self.input_height or images.shape[1], self.input_width or images.shape[2])
        return images if images.shape[1:3] == size else ops.image.resize(images, size)

    def _loss(self, of_classes, of_units, others, surprise):
        answer = ops.zeros_like(surprise)
        if self.objective != "activation":
            answer = answer + surprise
        if self.objective != "cross_entropy":
            answer = answer + self.competition * others - of_classes
        return ops.sum(answer - of_units) + self.regularization * self._penalty()

    def _penalty(self):
        """Equations 3 and 4, summed over targets."""
        if self.pretrained:
            return ops.sum(ops.sqrt(ops.sum(ops.square(self.gains.gain), axis=-1) + 1e-12))
        if self.generators is None or not self.has_contrast:
            return ops.zeros(())
        return ops.sum(ops.abs(self.generators.weights_of("contrast", "gamma")))


def _compact(values):
    """The same array; where all of it is zero, as the moments of an optimizer are at first, without the memory."""
    return values if values.any() else np.broadcast_to(values.dtype.type(0), values.shape)
