"""A classifier's activations for images, each with its own target (Despraz et al. 2017, equation 2)."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.choices import class_index
from kinv.classifiers.classes import class_names as names_of
from kinv.surgery.contract import check_logits
from kinv.surgery.tap import Tap, before_last_nonlinearity, checked_units, tap

from .objective import Target


class TargetScores:
    """Activations of targets and of all other classes, for one image per target.

    Neither a layer nor a model, so that its owner neither trains nor saves the classifier.

    Shapes: `T` targets, `N` classes, `U` units of a layer.

    Args:
        classifier: Functional Keras model, images in 0..255 to logits `(B, N)`.
        targets: one per image.
        class_names: names of all classes, in order, for targets that use names; default: the classifier's own.

    Raises:
        ValueError: if there are no targets, a class, layer or unit does not exist, or the classifier does not return
            logits.
    """

    def __init__(self, classifier: keras.Model, targets: Sequence[Target], class_names: Sequence[str] | None = None):
        check_logits(classifier)
        self.classifier = classifier
        self.class_names = names_of(classifier) if class_names is None else class_names
        self.taps: dict[tuple[str, Any], Tap] = {}
        self.taps, class_weights, unit_weights = self._weights(targets)
        pre_activations = [tapped.network.outputs[0] for tapped in self.taps.values()]
        self.network = keras.Model(
            classifier.inputs[0], [classifier.outputs[0], before_last_nonlinearity(classifier), *pre_activations]
        )
        self.class_weights = keras.Variable(class_weights, trainable=False, name="class_weights")
        self.unit_weights = [keras.Variable(weights, trainable=False, name="unit_weights") for weights in unit_weights]

    def take(self, targets: Sequence[Target]) -> None:
        """Replaces the targets by as many others, of classes and of the same layers, without tracing again.

        Raises:
            ValueError: if the number of targets differs, or a layer or position is new.
        """
        if len(targets) != self.class_weights.shape[0]:
            raise ValueError(
                f"expected {self.class_weights.shape[0]} targets as before, received {len(targets)}: create a new model"
            )
        taps, class_weights, unit_weights = self._weights(targets)
        others = [where for where in taps if where not in self.taps]
        if others:
            raise ValueError(
                f"targets must be of classes and of {list(self.taps)} as before, received also {others}: create a new "
                "model"
            )
        self.class_weights.assign(class_weights)
        for variable, values in zip(self.unit_weights, unit_weights, strict=True):
            variable.assign(values)

    def _weights(self, targets):
        """All taps, new layers included; weights of the classes, `(T, N)`, and of every tap's units, `(T, U)`."""
        classifier, class_names, taps = self.classifier, self.class_names, dict(self.taps)
        if not targets or not all(isinstance(target, Target) and target.terms for target in targets):
            raise ValueError(f"expected targets, see kinv.models.target, received {targets!r}: try target.classes(0)")
        count = classifier.output_shape[-1]
        if class_names is not None and len(class_names) != count:
            raise ValueError(f"class_names must be one for each of {count} classes, received {len(class_names)}")
        class_weights = np.zeros((len(targets), count), "float32")
        by_layer = {where: np.zeros((len(targets), len(tapped.units)), "float32") for where, tapped in taps.items()}
        for row, target in enumerate(targets):
            for term in target.terms:
                layer, unit = term.layer, term.unit
                if layer is None:
                    class_weights[row, class_index(term.unit, class_names, count)] += term.weight
                    continue
                where = (layer, term.position)
                if where not in taps:
                    taps[where] = tap(classifier, layer, None, term.position)
                    by_layer[where] = np.zeros((len(targets), len(taps[where].units)), "float32")
                chosen = checked_units(int(unit), by_layer[where].shape[1], layer)
                by_layer[where][row, chosen] += term.weight
        return taps, class_weights, list(by_layer.values())

    def __call__(self, images: Any) -> tuple[Any, Any, Any, Any]:
        """For images `(T, H, W, C)`, four tensors `(T,)`.

        Returns:
            Weighted activations of the targeted classes: the ReLU of the logit, as in the paper. If the logit of a
            class with a positive weight is not positive, the pre-activation of the last layer replaces it, so that
            there is a gradient.
            Weighted pre-activations of the targeted units and filters.
            Mean activation of all other classes if the target has classes, else 0.
            Cross-entropy of the logits with the class weights as labels, with the same replacement.
        """
        outputs = self.network(images, training=False)
        logits, before, *pre_activations = (ops.cast(output, "float32") for output in outputs)
        answers = ops.relu(logits)
        silent = ops.logical_and(self.class_weights > 0, answers <= 0)
        of_classes = ops.sum(self.class_weights * ops.where(silent, before, answers), axis=-1)
        of_units = ops.zeros_like(of_classes)
        for tapped, outputs, weights in zip(self.taps.values(), pre_activations, self.unit_weights, strict=True):
            of_units = of_units + ops.sum(weights * _at(outputs, tapped.position), axis=-1)
        is_other = ops.cast(ops.equal(self.class_weights, 0), answers.dtype)
        others = ops.sum(is_other * answers, axis=-1) / ops.maximum(ops.sum(is_other, axis=-1), 1.0)
        surprise = -ops.sum(self.class_weights * ops.log_softmax(ops.where(silent, before, logits), axis=-1), axis=-1)
        has_classes = ops.any(ops.not_equal(self.class_weights, 0), axis=-1)
        return of_classes, of_units, ops.where(has_classes, others, ops.zeros_like(others)), surprise


def check_takes_images(classifier: keras.Model) -> None:
    """Raises ValueError if a classifier's inputs are no images."""
    if len(classifier.input_shape) != 4:
        raise ValueError(
            f"classifier must take images (B, H, W, C), received inputs {classifier.input_shape}: pass another one."
        )


def _at(outputs, position):
    """Units `(B, U)` of a layer's outputs, at a position or averaged over the map."""
    if len(outputs.shape) == 2:
        return outputs
    if isinstance(position, str):
        return ops.mean(outputs, axis=(1, 2))
    return outputs[:, position[0], position[1]]
