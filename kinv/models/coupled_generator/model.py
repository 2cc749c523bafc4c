"""The coupled generator: images that maximise the activation of a class, unit or filter of a network."""

import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kinv.choices import checked_choice
from kinv.training.divergence import StopWhenDiverged
from kinv.training.frozen import Frozen

from .autoencoder import CONTRAST, GREY
from .objective import Target
from .objective_scores import TargetScores, check_takes_images
from .random_views import RandomViews
from .target_images import TargetImages

LOSSES = ("activation", "cross_entropy", "both")


@keras.saving.register_keras_serializable("kinv")
class CoupledGenerator(TargetImages):
    """Trains a generator in front of a fixed network to maximise activations of classes, units or filters.

    Despraz, Gomez, Satizábal and Peña-Reyes 2017: features are perturbed and scaled by a gain each (equation 1), a
    generator turns them into an image, and the loss comes from the network's activations for it (equation 2). Without
    pretraining, every target has its own generator with random initial weights, and all weights are trained. With
    pretraining, targets share a fixed generator, and only their gains are trained. All targets are trained at once.

    Deviations from the paper:
        - The weight of the other classes is 1 for their mean, a tenth of the notebooks' 10 / classes for their sum.
          Theirs outweighs the target if many logits are positive: all of them are pushed down.
        - Features are 1 also with pretraining, where the paper has 0, and gains start at 1: an autoencoder's code has
          no neutral point.
        - A targeted class whose logit is not positive has the gradient of the last layer's pre-activation.
        - The generator's last convolution is linear, see `build_generator`; its output is scaled to the pixel values of
          photographs.
        - `images(median_of=10)` is the median over ten perturbations; the paper's is over the last ten steps.
        - `loss="cross_entropy"`, `smallest_view`, `skips` and `unit_steps` are not in the paper.

    Args:
        classifier: Functional Keras model, images `(B, H, W, C)` in 0..255 to logits; not trained, not saved. Not
            needed for `images`, as after loading.
        target: one or more, see `kinv.models.target`.
        generator: Functional model of features `(B, F)` to images `(B, H, W, C)`, such as an autoencoder's decoder;
            shared by all targets and not trained. Default: one with random weights for every target.
        size: side of the images if there is no `generator`; default: the classifier's. Images of another size are
            resized before they enter the network.
        width, skips: of generators with random weights, see `build_generator`. With skips there is no last gamma, and
            no regularisation.
        loss: `"activation"` (equation 2); `"cross_entropy"`, whose gradient vanishes once the network is confident; or
            `"both"`, their sum.
        competition: lambda in equation 2, the weight of the mean over all other classes; the notebooks' is 10.
        regularization: of the last gamma (equation 3) or the gains (equation 4); default: the paper's 0.01 or 0.1.
        perturbation: `"gaussian"`, which is additive, or `"multiplicative"`, see `Corruption`; default: the paper's.
        noise: standard deviation of the perturbation; default: the paper's 2 or, with pretraining, 0.05.
        smallest_view: smallest side of the random crops that the network sees, see `RandomViews`; 1: no crops.
        unit_steps: with a `generator`, whether the gradient of every target's gains is scaled to norm 1. With SGD, the
            learning rate is then the distance that features move per step.
        gain: standard deviation of normally distributed initial gains, of mean 0; `None`: all gains start at 1.
        brightness, contrast: pixel values are `brightness + contrast * output`, clipped to 0..255; brightness may be
            one number per channel.
        class_names: names of all classes, for targets that use names; default: those that the classifier has.
        seed: seeds the weights, perturbations and views.
        image_shape: `(H, W, C)` of the images that the network takes, if there is no classifier.
        **kwargs: `name`, `trainable` and `dtype`, as in `kinv.training.Method`.

    Call arguments:
        features: float tensor `(T, F)`; ones are what training uses.
        training: whether they are perturbed.

    Returns:
        Images `(T, H, W, C)` in 0..255.

    Raises:
        ValueError: if a value is out of range, a class, layer or unit does not exist, or the network can't take the
            generator's images.

    Examples:
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
        classifier: keras.Model | None = None,
        target: Target | Sequence[Target] = (),
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
        image_shape: Sequence[int | None] | None = None,
        **kwargs: Any,
    ):
        checked_choice("loss", loss, LOSSES)
        if not competition >= 0 or not (regularization is None or regularization >= 0):
            raise ValueError(
                f"competition and regularization must be at least 0, received {competition} and {regularization}"
            )
        if unit_steps and generator is None:
            raise ValueError("unit_steps=True needs a shared generator, received None: pass the `generator`.")
        if classifier is None and image_shape is None:
            raise ValueError("CoupledGenerator needs a classifier, received None: pass a network.")
        targets = _checked(target, loss)
        scores = None if classifier is None else _scores(classifier, targets, class_names)
        shape = classifier.input_shape[1:] if classifier is not None else image_shape or ()
        super().__init__(
            len(targets), shape, generator, size, width, skips, perturbation, noise, gain, brightness, contrast, seed,
            ("loss", "activation", "others"), **kwargs,
        )  # fmt: skip
        self.frozen, self.target_config = Frozen(scores), [target.config() for target in targets]
        self.objective, self.competition, self.unit_steps, self.class_names = loss, competition, unit_steps, class_names
        self.regularization = (0.1 if self.pretrained else 0.01) if regularization is None else regularization
        self.smallest_view = smallest_view
        self.views = RandomViews(smallest_view, smallest_view < 1, seed + 1) if smallest_view != 1 else None
        self.built = True

    def studied_network(self) -> Any:
        """The classifier, or None."""
        return None if self.frozen.model is None else self.frozen.model.classifier

    def set_classifier(self, classifier: keras.Model) -> None:
        """Sets the network whose activations are maximised, for example to continue training a loaded model.

        Raises:
            ValueError: if it takes images of another shape, or lacks a target.
        """
        if tuple(classifier.input_shape[1:]) != self.image_shape:
            raise ValueError(f"classifier must take {self.image_shape}, received {classifier.input_shape[1:]}")
        targets = [Target.from_config(config) for config in self.target_config]
        self.frozen = Frozen(_scores(classifier, targets, self.class_names))
        self.train_function = None  # compiled for the previous network

    def compile(self, optimizer: Any = None, **kwargs: Any) -> None:
        """The default is the paper's: AdaMax at 0.002 or, with pretraining, SGD at 0.01 with Nesterov momentum 0.1."""
        if optimizer is None:
            optimizer = (
                keras.optimizers.SGD(0.01, momentum=0.1, nesterov=True)
                if self.pretrained
                else keras.optimizers.Adamax(0.002, epsilon=1e-8)
            )
        if kwargs.get("metrics") or kwargs.get("weighted_metrics"):
            warnings.warn(
                "CoupledGenerator has no labels that metrics could compare: it leaves them out.", stacklevel=2
            )
        kwargs = {name: value for name, value in kwargs.items() if name not in ("metrics", "weighted_metrics")}
        super().compile(optimizer=optimizer, **kwargs)
        if self.generators is not None:
            self.generators.unrolled = bool(self.jit_compile)
        self.optimizer.build(self.trainable_variables)  # a step that creates variables is traced twice
        start = [(one, _compact(ops.convert_to_numpy(one))) for one in (*self.variables, *self.optimizer.variables)]
        self._rewind = lambda: [one.assign(values) for one, values in start]  # Keras would track a list of variables

    def restart(self, target: Target | Sequence[Target]) -> None:
        """Restarts for other targets, as many and of the same layers, without tracing the step again.

        The next `fit` gives the images of a new model that is built and compiled for these targets in the same way.

        Raises:
            ValueError: if the model is not compiled, the number of targets differs, a target is of a new layer, or the
                loss is unbounded for it.
        """
        if not self.compiled:
            raise ValueError("restart needs a compiled model, received one that is not: compile first.")
        targets = _checked(target, self.objective)
        self.frozen.require("restart").take(targets)
        self.target_config = [target.config() for target in targets]
        self._rewind()

    def fit(self, steps: int = 500, verbose: Any = 0, callbacks: Sequence[Any] | None = None, **kwargs: Any) -> Any:
        """Trains all targets at once, with `steps` steps as one epoch; returns Keras's history, with means over steps.

        Raises:
            FloatingPointError: if the loss is not finite; the message names the step and the learning rate.
        """
        if steps < 1:
            raise ValueError(f"steps must be at least 1, received {steps}")
        replicas = self.distribute_strategy.num_replicas_in_sync
        return super().fit(
            tf.data.Dataset.range(steps * replicas).batch(replicas),
            verbose=verbose,
            callbacks=[StopWhenDiverged("loss"), *(callbacks or ())],
            shuffle=False,
            **kwargs,
        )

    def train_step(self, data):
        """One step on equation 2 for every target; `data` is ignored."""
        with tf.GradientTape() as tape:
            images = self._images(training=True)
            seen = images if self.views is None else self.views(images)
            of_classes, of_units, others, surprise = self.frozen.require("fit")(self._fitted(seen))
            loss = self._loss(of_classes, of_units, others, surprise)
        variables = self.trainable_variables
        gradients = tape.gradient(loss, variables)
        if self.unit_steps:
            gradients = [one / (ops.norm(one, axis=-1, keepdims=True) + 1e-12) for one in gradients]
        self.descend(self.optimizer, gradients, variables)
        return self.report(loss, ops.mean(of_classes + of_units), ops.mean(others))

    def get_config(self):
        return {
            **super().get_config(),
            "target": self.target_config,
            "loss": self.objective,
            "competition": self.competition,
            "regularization": self.regularization,
            "smallest_view": self.smallest_view,
            "class_names": None if self.class_names is None else list(self.class_names),
        }

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "target": [Target.from_config(one) for one in config["target"]]})

    def _fitted(self, images):
        """Images resized to the network's input size."""
        height, width, _ = self.image_shape
        size = (height or images.shape[1], width or images.shape[2])
        return images if images.shape[1:3] == size else ops.image.resize(images, size, data_format="channels_last")

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
        if self.generators is None or self.skips:
            return ops.zeros(())
        return ops.sum(ops.abs(self.generators.weights_of("contrast", "gamma")))


def _compact(values):
    """The same array; an all-zero one, such as an optimizer's initial moments, takes no memory."""
    return values if values.any() else np.broadcast_to(values.dtype.type(0), values.shape)


def _checked(target, loss):
    targets = [target] if isinstance(target, Target) else list(target)
    if loss == "activation":
        return targets
    terms = [term for one in targets for term in getattr(one, "terms", ())]
    if any(term.layer is None and term.weight < 0 for term in terms):
        raise ValueError(
            f"Classes with negative weights need loss='activation', received {loss!r}, which has no bound for them: "
            "change the loss or the weights."
        )
    return targets


def _scores(classifier, targets, class_names):
    scores = TargetScores(classifier, targets, class_names)
    check_takes_images(classifier)
    return scores
