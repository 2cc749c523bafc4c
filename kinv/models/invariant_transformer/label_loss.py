"""The loss of a classifier's logits, given labels as integers."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from kinv.choices import suggestion

NAMES = ("sparse_categorical_crossentropy", "categorical_crossentropy")
OF_ONE_HOT = (keras.losses.CategoricalCrossentropy, keras.losses.CategoricalFocalCrossentropy)


def get(loss: Any) -> keras.losses.Loss:
    """A loss by its name, or the loss itself; None: cross-entropy.

    Raises:
        ValueError: another name or object, or a loss of probabilities.
    """
    if loss is None or loss in NAMES:
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if not isinstance(loss, keras.losses.Loss):
        raise ValueError(
            f"loss must be one of {', '.join(map(repr, NAMES))} or a keras.losses.Loss of labels and logits, received "
            f"{loss!r}{suggestion(loss, NAMES)}"
        )
    if loss.get_config().get("from_logits") is False:
        raise ValueError(f"{type(loss).__name__} is for probabilities, but classifiers give logits: from_logits=True")
    return loss


def of_labels(loss: keras.losses.Loss) -> Callable[[Any, Any], Any]:
    """A function of labels `(B,)` and logits `(B, classes)` that gives the loss of every image, `(B,)`."""
    if not isinstance(loss, OF_ONE_HOT):
        return loss.call
    return lambda labels, logits: loss.call(ops.one_hot(labels, logits.shape[-1]), logits)
