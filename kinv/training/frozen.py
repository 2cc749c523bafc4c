"""Holds the network under study beside a method, not inside it."""

from typing import Any


class Frozen:
    """A network that a method looks at but neither trains nor saves.

    A plain object, so that Keras does not take the network's weights for the method's own: they stay out of
    `trainable_variables`, checkpoints and artifacts. A method must not show the network as an attribute or property
    of its own either: Keras saves whatever it finds in `dir(model)`.
    """

    def __init__(self, model: Any):
        self.model = model

    def require(self, purpose: str) -> Any:
        """The network; raises `ValueError` if there is none."""
        if self.model is None:
            raise ValueError(
                f"This model has no classifier, which {purpose} need: call `set_classifier("
                "kinv.classifiers.load(...))`. A loaded artifact does not bring one along."
            )
        return self.model
