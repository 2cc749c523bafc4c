"""The last layer of a wrapped classifier."""

import math
from collections.abc import Sequence
from typing import Any, Literal, get_args

import keras
from keras import ops

from kinv.choices import checked_choice
from kinv.precision import Float32

Kind = Literal["logits", "probabilities", "binary_logit", "binary_probability"]
KINDS = get_args(Kind)
SMALLEST = 1e-37  # of a probability; about the smallest float32


@keras.saving.register_keras_serializable("kinv")
class Logits(Float32, keras.layers.Layer):
    """Turns a network's scores into float32 logits, and keeps the names of its classes.

    Args:
        kind: what the scores are. `"logits"` stay what they are; of `"probabilities"` the logarithm is taken. One
            `"binary_logit"` z becomes `(0, z)`, one `"binary_probability"` p becomes `(log (1 - p), log p)`.
        class_names: one for each class, or None.
        unit: the score to use as a binary one, or None if there is only one.

    Call arguments:
        scores: float tensor `(B, scores)`.

    Returns:
        float32 `(B, classes)`.

    Raises:
        ValueError: an unknown kind.
    """

    def __init__(
        self,
        kind: Kind = "logits",
        class_names: Sequence[str] | None = None,
        unit: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        checked_choice("kind", kind, KINDS)
        self.kind, self.unit = kind, unit
        self.class_names = None if class_names is None else tuple(map(str, class_names))

    def call(self, scores):
        scores = ops.cast(scores, "float32")
        if self.unit is not None:
            scores = scores[:, self.unit : self.unit + 1]
        if self.kind == "probabilities":
            return ops.log(ops.clip(scores, SMALLEST, math.inf))
        if self.kind == "binary_logit":
            return ops.concatenate([ops.zeros_like(scores), scores], axis=-1)
        if self.kind == "binary_probability":
            both = ops.concatenate([1 - scores, scores], axis=-1)
            return ops.log(ops.clip(both, SMALLEST, math.inf))
        return scores

    def get_config(self):
        names = None if self.class_names is None else list(self.class_names)
        return {**super().get_config(), "kind": self.kind, "class_names": names, "unit": self.unit}


def logits_layer(classifier: Any) -> Logits | None:
    """The layer that `wrap` put at a classifier's end; None if it is not wrapped."""
    outputs = getattr(classifier, "outputs", None)
    operation = outputs[0]._keras_history.operation if outputs else None
    return operation if isinstance(operation, Logits) else None


def class_names(classifier: Any) -> tuple[str, ...] | None:
    """The names of a wrapped classifier's classes, in the order of its logits; None if it has none."""
    layer = logits_layer(classifier)
    return None if layer is None else layer.class_names
