"""A model that has shapes before it has values: how large it is can be known before memory is taken."""

from collections.abc import Callable
from typing import Any

import keras
from keras.src.backend.common.global_state import get_global_attribute  # Keras offers no other way to them


def without_values(make: Callable[[], keras.Model]) -> tuple[Any, list[Any]]:
    """A model whose variables have shapes, but no values yet, and all of these variables.

    Call it in a thread of its own, as Keras has a list of variables without values for each.

    Args:
        make: makes the model.
    """
    with keras.StatelessScope(initialize_variables=False):
        model = make()
    return model, get_global_attribute("uninitialized_variables")


def give_values(variables: list[Any]) -> None:
    """Values for the variables that `without_values` returned; memory is taken only then."""
    for variable in variables:
        variable._deferred_initialize()
