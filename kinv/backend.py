"""Gradients and compilation for Keras's three backends, and a start without log output.

Importing this module starts the backend. TensorFlow writes lines about oneDNN, CUDA and CPU features straight to
file descriptor 2 while it starts, which no environment variable can suppress any more; they are dropped here,
unless the start fails.
"""

import functools
import json
import os
import sys
import weakref
from collections.abc import Callable
from typing import Any

from kinv.places import keras_folder
from kinv.quiet import stderr_dropped
from kinv.requirements import MissingPackage, installed


def _choose() -> None:
    """Where Keras's backend is not installed and nobody chose one for this process, takes one that is, and says so.

    Raises:
        MissingPackage: there is none.
    """
    if "keras" in sys.modules or "KERAS_BACKEND" in os.environ or installed(_configured()):
        return
    found = next((name for name in ("tensorflow", "jax", "torch") if installed(name)), None)
    if found is None:
        raise MissingPackage(
            "kinv needs TensorFlow, JAX or PyTorch, none of which is installed: pip install 'kinv[tensorflow]' (or "
            "tensorflow-cpu, gpu, jax, torch)",
            name="tensorflow",
        )
    os.environ["KERAS_BACKEND"] = found
    print(f"{_configured()} is not installed: using {found} (KERAS_BACKEND={found}).", file=sys.stderr)


def _configured() -> str:
    """The backend in Keras's own file of settings, which it writes when it is first imported; else its default."""
    try:
        return str(json.loads((keras_folder() / "keras.json").read_text(encoding="utf-8"))["backend"])
    except (OSError, ValueError, KeyError, TypeError):
        return "tensorflow"


def _start() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # later messages: errors only
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.list_physical_devices()  # looks for GPUs now: that writes lines too


_choose()
if "tensorflow" in sys.modules:  # it is already started
    _start()
else:
    with stderr_dropped(shown_on_error=True):
        _start()


def value_and_grad(function: Callable[..., Any]) -> Callable[..., tuple[Any, tuple[Any, ...]]]:
    """A function that returns the value of `function` and its gradients for all its arguments.

    Args:
        function: tensors to a tensor, written with `keras.ops`. The gradients are those of its sum.

    Returns:
        A function of the same arguments that returns `(value, (gradient, ...))`; no gradient is `None`: the
        gradient of an argument that the value does not depend on is zero.
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

            def with_sum(*arguments):
                value = function(*arguments)
                return value.sum(), value

            places = tuple(range(len(tensors)))
            (_, value), gradients = jax.value_and_grad(with_sum, argnums=places, has_aux=True)(*tensors)
            return value, gradients

        return evaluate_jax
    if name == "torch":
        import torch

        def evaluate_torch(*arguments):
            tensors = [ops.convert_to_tensor(argument).detach().requires_grad_(True) for argument in arguments]
            with torch.enable_grad():
                value = function(*tensors)
                gradients = torch.autograd.grad(value.sum(), tensors, allow_unused=True, materialize_grads=True)
            return value.detach(), tuple(gradient.detach() for gradient in gradients)

        return evaluate_torch
    raise ValueError(f"the Keras backend must be tensorflow, jax or torch, received {name}: set KERAS_BACKEND.")


def hessian_product(function: Callable[..., Any]) -> Callable[..., Any]:
    """The Hessian of `function` times a vector, by differentiating its gradient along that vector (Pearlmutter 1994).

    Args:
        function: tensors to a tensor, written with `keras.ops`. The Hessian is that of its sum, in the first argument.

    Returns:
        A function of the first argument, a vector of its shape and the other arguments.
    """
    import keras
    from keras import ops

    if keras.backend.backend() == "torch":
        import torch

        def product_torch(point, vector, *others):
            point = ops.convert_to_tensor(point).detach().requires_grad_(True)
            with torch.enable_grad():
                value = function(point, *others).sum()
                (gradient,) = torch.autograd.grad(
                    value, point, create_graph=True, allow_unused=True, materialize_grads=True
                )
                along = (gradient * ops.convert_to_tensor(vector)).sum()
            if not along.requires_grad:  # the function is linear
                return torch.zeros_like(point)
            return torch.autograd.grad(along, point, allow_unused=True, materialize_grads=True)[0].detach()

        return product_torch

    def product(point, vector, *others):
        def along(point):
            _, (gradient,) = value_and_grad(lambda point: function(point, *others))(point)
            return ops.sum(gradient * vector)

        return value_and_grad(along)(point)[1][0]

    return product


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

        return tf.function(_counted_alone(function), jit_compile=jit_compile, reduce_retracing=True)
    if name == "jax":
        import jax

        return jax.jit(function)
    return function


def _counted_alone(function):
    """Keeps TensorFlow from warning of "retracing" where many functions come from one line of code.

    It counts traces by code object, so that the sixth classifier that is compiled counts as the sixth trace of one
    function. A callable without a code object is counted separately.
    """
    return functools.partial(function)


_compiled_models: weakref.WeakKeyDictionary[Any, Callable[[Any], Any]] = weakref.WeakKeyDictionary()


def compile_model(model: Any) -> Callable[[Any], Any]:
    """`model(images, training=False)` without gradients, compiled once per model, for any batch size.

    The same function is returned for the same model, so that asking again costs nothing. It uses the
    model's current weights, and does not keep the model alive.

    Args:
        model: Functional Keras model with one input.

    Returns:
        A function of a batch, of any dtype, to the model's output.
    """
    if model not in _compiled_models:
        _compiled_models[model] = _compile_call(weakref.ref(model), model)
    return _compiled_models[model]


def _compile_call(reference, model):
    import keras
    from keras import ops

    name = keras.backend.backend()
    if name == "tensorflow":
        import tensorflow as tf

        signature = [tf.TensorSpec((None, *model.input_shape[1:]), "float32")]
        call_model = _counted_alone(lambda batch: reference()(batch, training=False))
        traced = tf.function(call_model, input_signature=signature)
        return lambda batch: traced(tf.cast(batch, "float32"))
    if name == "jax":
        import jax

        @jax.jit
        def stateless(trainable, non_trainable, batch):  # jit would keep the weights it saw first as constants
            return reference().stateless_call(trainable, non_trainable, batch, training=False)[0]

        def call(batch):
            model = reference()
            trainable = [variable.value for variable in model.trainable_variables]
            non_trainable = [variable.value for variable in model.non_trainable_variables]
            return stateless(trainable, non_trainable, ops.cast(batch, "float32"))

        return call

    import torch

    def call_torch(batch):
        with torch.no_grad():
            return reference()(ops.cast(batch, "float32"), training=False)

    return call_torch
