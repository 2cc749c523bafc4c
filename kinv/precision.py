"""kinv computes in float32, channels last, whatever a program sets for its own layers.

Distances between images, sums over pixels and Gibbs chains do not survive half precision.
"""

import contextlib
import functools
import inspect
from collections.abc import Iterator
from typing import Any

import keras


@contextlib.contextmanager
def float32() -> Iterator[None]:
    """Within it, and in functions that it decorates, new layers compute in float32, with channels last."""
    policy, data_format = keras.config.dtype_policy(), keras.config.image_data_format()
    keras.config.set_dtype_policy("float32")
    keras.config.set_image_data_format("channels_last")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)
        keras.config.set_image_data_format(data_format)


class Float32:
    """A mixin before `keras.layers.Layer` or `keras.Model`: it and the layers it creates are of float32, channels last.

    As in Keras, the layer's own `dtype` can be given; it does not apply to the layers inside.
    """

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        construct = cls.__init__

        @functools.wraps(construct)
        def in_float32(self, *args, **kwargs):
            with float32():
                construct(self, *args, **kwargs)

        in_float32.__signature__ = inspect.signature(construct)  # type: ignore[attr-defined]  # Keras reads it
        setattr(cls, "__init__", in_float32)  # noqa: B010  (type checkers would take it for this class's own)
