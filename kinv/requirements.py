"""What is said where a package is missing that not everything needs."""

import contextlib
from collections.abc import Iterator

TENSORFLOW = ("tensorflow", "tensorflow_probability", "tf_keras")


class MissingPackage(ModuleNotFoundError):
    """A package is not installed that is needed for what was asked for."""


@contextlib.contextmanager
def tensorflow_needed(what: str) -> Iterator[None]:
    """Says of what is asked for that it needs TensorFlow, where it is not installed. Also a decorator.

    Raises:
        MissingPackage: something imported TensorFlow in vain.
    """
    try:
        yield
    except MissingPackage:
        raise
    except ImportError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in TENSORFLOW and "requires the tensorflow module" not in str(error):  # in Keras's words
            raise
        raise MissingPackage(
            f"{what} needs TensorFlow, which is not installed: pip install tensorflow", name="tensorflow"
        ) from error
