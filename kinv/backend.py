"""What Keras lacks on its three backends: gradients and compilation; and a start without noise.

Importing this module starts the backend. TensorFlow writes lines about oneDNN, CUDA and CPU features straight to
file descriptor 2 while it starts, which no environment variable stops any more; they are dropped here, unless the
start fails.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable
from typing import Any


def _start() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # later remarks: errors only
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.list_logical_devices()  # looks for GPUs now: that writes lines too


@contextlib.contextmanager
def _stderr_dropped():
    """Redirects file descriptor 2; what was written is shown only if the block raises."""
    try:
        sys.stderr.flush()
        saved = os.dup(2)
    except (OSError, AttributeError, ValueError):  # there is no stderr
        yield
        return
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        except BaseException:
            os.lseek(file.fileno(), 0, os.SEEK_SET)
            os.write(saved, file.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


if "tensorflow" in sys.modules:  # somebody else started it
    _start()
else:
    with _stderr_dropped():
        _start()


def value_and_grad(function: Callable[..., Any]) -> Callable[..., tuple[Any, tuple[Any, ...]]]:
    """A function that returns the value of `function` and its gradients for all its arguments.

    Args:
        function: tensors to a scalar tensor, written with `keras.ops`.

    Returns:
        A function of the same arguments that returns `(value, (gradient, ...))`; no gradient is `None`: an
        argument that the value does not depend on has a gradient of zeros.
    """
    import keras
    from keras import ops

    name = keras.backend.backend()
    if name == "tensorflow":
        import tensorflow as tf

        def evaluate(*arguments):
            tensors = [tf.convert_to_tensor(argument) for argument in arguments]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(tensors)
                value = function(*tensors)
            return value, tuple(tape.gradient(value, tensors, unconnected_gradients=tf.UnconnectedGradients.ZERO))

        return evaluate
    if name == "jax":
        import jax

        def evaluate_jax(*arguments):
            tensors = [ops.convert_to_tensor(argument) for argument in arguments]
            return jax.value_and_grad(function, argnums=tuple(range(len(tensors))))(*tensors)

        return evaluate_jax
    if name == "torch":
        import torch

        def evaluate_torch(*arguments):
            tensors = [ops.convert_to_tensor(argument).detach().requires_grad_(True) for argument in arguments]
            with torch.enable_grad():
                value = function(*tensors)
                gradients = torch.autograd.grad(value, tensors, allow_unused=True, materialize_grads=True)
            return value.detach(), tuple(gradient.detach() for gradient in gradients)

        return evaluate_torch
    raise ValueError(f"Gradients are implemented for the backends tensorflow, jax and torch, not {name}.")


def compile(function: Callable[..., Any], jit_compile: bool = False) -> Callable[..., Any]:
    """Compiles a function of tensors: `tf.function`, `jax.jit`, or as it is on PyTorch.

    Args:
        function: tensors to tensors.
        jit_compile: on TensorFlow, compiles with XLA.
    """
    import keras

    name = keras.backend.backend()
    if name == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=jit_compile, reduce_retracing=True)
    if name == "jax":
        import jax

        return jax.jit(function)
    return function
