"""Holds the network under study outside of a method's own weights."""

from typing import Any


class Frozen:
    """A network that a method uses but neither trains nor saves.

    A plain object, so that Keras does not take the network's weights for the method's own: they stay out of
    `trainable_variables`, checkpoints and artifacts. A method must not expose the network as an attribute or
    property of its own either: Keras saves whatever it finds in `dir(model)`.
    """

    def __init__(self, model: Any):
        self.model = model

    def require(self, purpose: str) -> Any:
        """The network; raises `ValueError` if there is none."""
        if self.model is None:
            raise ValueError(
                f"This model has no classifier, which is needed for {purpose}: call `set_classifier("
                "kinv.classifiers.load(...))`. A loaded artifact does not include one."
            )
        return self.model
