"""Models with shapes but no values yet, so that their size is known before memory is allocated."""

from collections.abc import Callable
from typing import Any

import keras
from keras.src.backend.common.global_state import get_global_attribute  # Keras offers no public access


def without_values(make: Callable[[], keras.Model]) -> tuple[Any, list[Any]]:
    """Builds a model whose variables have shapes but no values yet; returns it and these variables.

    Call it in its own thread: Keras keeps one list of variables without values per thread.

    Args:
        make: a function that builds the model.
    """
    with keras.StatelessScope(initialize_variables=False):
        model = make()
    return model, get_global_attribute("uninitialized_variables")


def give_values(variables: list[Any]) -> None:
    """Initialises the variables that `without_values` returned; only this allocates memory."""
    for variable in variables:
        variable._deferred_initialize()
