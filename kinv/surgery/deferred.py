"""Models with shapes but no values yet, so that their size is known before memory is allocated."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras.src.backend.common.global_state import (
    get_global_attribute,
    set_global_attribute,
)  # Keras has no public access
from keras.src.saving.serialization_lib import ObjectSharingScope

PENDING = "uninitialized_variables"  # Keras's name of the thread's list of variables without values


def without_values(make: Callable[[], Any], most: int | None = None) -> tuple[Any, list[Any]]:
    """Builds a model whose variables have shapes but no values yet; returns it and these variables.

    Args:
        make: a function that builds the model.
        most: how many numbers the variables may have; None for any.

    Raises:
        ValueError: there are more. Building stops at the first variable that is too much.
    """
    before, pending = get_global_attribute(PENDING), _Pending(most)
    set_global_attribute(PENDING, pending)
    try:
        with keras.StatelessScope(initialize_variables=False):
            model = make()
    except Exception as error:  # Keras wraps what its layers raise
        raise pending.exceeded or error from None
    finally:
        set_global_attribute(PENDING, before)
    return model, list(pending)


def give_values(variables: list[Any]) -> None:
    """Initialises the variables that `without_values` returned; only this allocates memory."""
    for variable in variables:
        variable._deferred_initialize()


def from_saved_config(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None, safe_mode: bool) -> Any:
    """What a `.keras` file's configuration describes, not compiled; layers that are shared stay shared."""
    with ObjectSharingScope():
        return keras.saving.deserialize_keras_object(
            {**config, "compile_config": None}, custom_objects and dict(custom_objects), safe_mode=safe_mode
        )


def largest_output(model: keras.Model) -> int:
    """How many numbers the largest output of any layer has for one input; lengths that are not fixed count as 1."""
    most, models = 0, [model]
    while models:
        for layer in models.pop().layers:
            if isinstance(layer, keras.Model):
                models.append(layer)
            for node in layer._inbound_nodes:
                most = max(
                    [most, *(math.prod(length or 1 for length in tensor.shape) for tensor in node.output_tensors)]
                )
    return most


class _Pending(list):
    """Variables without values, which count their numbers. Attribute: the error that there are too many."""

    def __init__(self, most: int | None):
        super().__init__()
        self.most, self.numbers = most, 0
        self.exceeded: ValueError | None = None

    def append(self, variable: Any) -> None:
        self.numbers += math.prod(variable.shape)
        if self.most is not None and self.numbers > self.most:
            self.exceeded = ValueError(
                f"its configuration needs at least {self.numbers:,} weights, more than its weights file holds"
            )
            raise self.exceeded
        super().append(variable)
