"""What kinv takes for a classifier: a network of one output, logits of exclusive classes."""

from typing import Any

from .ending import ending_of

REMEDY = "pass kinv.wrap(model), which returns logits"


def check_logits(classifier: Any) -> None:
    """Refuses a network whose outputs are no logits, as far as its graph tells.

    Raises:
        ValueError: several outputs or a dict, one score per image, a final softmax or sigmoid, or no graph.
    """
    outputs, name = getattr(classifier, "outputs", None), getattr(classifier, "name", classifier)
    if not outputs:
        kind = type(classifier).__name__
        raise ValueError(f"{name!r} must be a Functional or Sequential network, received a {kind}: see kinv.wrap.")
    shape = classifier.output_shape
    if not (isinstance(shape, tuple) and len(shape) == 2 and isinstance(shape[1], int) and shape[1] > 1):
        raise ValueError(
            f"{name!r} must return logits of shape (batch, at least 2 classes), received {shape}: {REMEDY}; of "
            "several outputs, choose one with output=."
        )
    ending = ending_of(outputs[0])
    if ending in ("softmax", "sigmoid"):
        raise ValueError(f"{name!r} ends in a {ending}, but logits are needed: {REMEDY}.")
