"""A model's named endpoints as ONNX and LiteRT files, for programs without TensorFlow."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kinv.choices import checked_choice
from kinv.quiet import silent, stderr_dropped
from kinv.requirements import tensorflow_needed

from .atomic import placed
from .layout import SAFETENSORS
from .registry import classify, endpoints
from .safetensors_file import export_safetensors
from .saved_model import check_new, export_saved_model

OPSET = 18  # the first that has bitwise operations, which `augment` draws its numbers with
OUTPUT = "output_0"  # as SavedModels of Keras call it
FORMATS = ("saved_model", "onnx", "litert", "safetensors")
HALF = re.compile(r"xb?f16>")  # in a converter's notation of tensors
UNKNOWN_OPERATION = re.compile(r"No Op registered for (\w+)|'tf\.(\w+)' op is neither a custom op nor a flex op")


@tensorflow_needed("kinv.export")
def export(
    model: Any,
    folder: str | os.PathLike,
    format: str = "saved_model",
    classifiers: Mapping[str, Any] | None = None,
) -> dict[str, Path]:
    """Writes a model for programs without kinv.

    Args:
        model: one of kinv's models or classifiers.
        folder: destination; it must not exist, or be empty.
        format: `"saved_model"`, TensorFlow's, with all endpoints in one folder; `"onnx"` or `"litert"`, with a file
            for each; `"safetensors"`, the weights alone.
        classifiers: additional endpoints by name: Functional models of images.

    Returns:
        Endpoint to its file or, for a SavedModel, the folder; of safetensors, `"weights"` to the file.

    Raises:
        ValueError: an unknown format, a missing package, a folder that already exists, or an endpoint that can't be
            converted.
    """
    checked_choice("format", format, FORMATS)
    if format == "safetensors":
        with placed(Path(folder), check_new) as draft:
            export_safetensors(model, draft)
        return {"weights": Path(folder, SAFETENSORS)}
    if format != "saved_model":
        return {"onnx": export_onnx, "litert": export_litert}[format](model, folder, classifiers)
    path = export_saved_model(model, folder, classifiers)
    return dict.fromkeys((*endpoints(model), *(classifiers or {})), path)


def export_onnx(model: Any, folder: str | os.PathLike, classifiers: Mapping[str, Any] | None = None) -> dict[str, Path]:
    """Writes every endpoint of a model as `<endpoint>.onnx`; inputs have their names, the output is `output_0`.

    Batches can have any size, and images too where the endpoint takes any.

    Args:
        model: one of kinv's models or classifiers.
        folder: destination; it must not exist, or be empty.
        classifiers: additional endpoints by name, as in `save`.

    Returns:
        Endpoint to file.

    Raises:
        ValueError: onnx or tf2onnx is missing, the folder already exists, or an endpoint can't be converted.
    """
    try:
        import onnx
        import tf2onnx
    except ImportError as error:
        raise ValueError(f"ONNX export needs additional packages ({error}): pip install kinv[onnx]") from None

    def convert(frozen, signature):
        if any(op.type in (*CALLS, *FOR_ONNX) for op in frozen.graph.get_operations()):
            frozen = _frozen(_rewritten(frozen, signature, FOR_ONNX), signature)
        inputs, output = [tensor.name for tensor in frozen.inputs], frozen.outputs[0].name
        names = {tensor: spec.name for tensor, spec in zip(inputs, signature, strict=True)}
        with silent("tf2onnx"):  # it logs tracebacks of optimizations that it then leaves out
            converted, _ = tf2onnx.convert.from_graph_def(
                frozen.graph.as_graph_def(add_shapes=True),
                input_names=inputs,
                output_names=[output],
                opset=OPSET,
                tensors_to_rename={**names, output: OUTPUT},
            )
        onnx.checker.check_model(converted)  # tf2onnx keeps operations that it can't convert
        return converted.SerializeToString()

    return _export(model, folder, classifiers, "onnx", convert)


def export_litert(
    model: Any, folder: str | os.PathLike, classifiers: Mapping[str, Any] | None = None
) -> dict[str, Path]:
    """Writes every endpoint of a model as `<endpoint>.tflite`, made of LiteRT's own operations, with one signature.

    The signature's runner takes batches and images of any size, as in `export_onnx`; without the runner,
    `resize_tensor_input` comes before `allocate_tensors`.

    Args:
        model, folder, classifiers: as in `export_onnx`.

    Returns:
        Endpoint to file.

    Raises:
        ValueError: the folder already exists, or an endpoint can't be converted.
    """
    import tensorflow as tf

    def convert(frozen, signature):
        rewritten = _rewritten(frozen, signature, FOR_LITERT).get_concrete_function()
        return tf.lite.TFLiteConverter.from_concrete_functions([rewritten], tf.Module()).convert()

    return _export(model, folder, classifiers, "tflite", convert)


def _export(model, folder, classifiers, suffix: str, convert: Callable[[Any, Any], bytes]) -> dict[str, Path]:
    answers = {**endpoints(model), **{name: classify(network) for name, network in (classifiers or {}).items()}}
    files = {}
    with placed(Path(folder), check_new) as draft:
        for name, (function, signature) in answers.items():
            try:
                with stderr_dropped(shown_on_error=False):  # converters log at length what the error says
                    content = convert(_frozen(function, signature), signature)
            except Exception as error:  # converters raise exceptions of any type
                raise ValueError(f"The endpoint {name} can't be written as .{suffix}: {_reason(error)}") from error
            (draft / f"{name}.{suffix}").write_bytes(content)
            files[name] = Path(folder, f"{name}.{suffix}")
    return files


def _reason(error: Exception) -> str:
    """What a converter found that its format lacks, or else the first line of what it says."""
    lacking = sorted({first or second for first, second in UNKNOWN_OPERATION.findall(str(error))})
    if lacking and HALF.search(str(error)):
        return "the format has no float16 or bfloat16 operations. Build the network without mixed precision"
    if lacking:
        return f"the format has no operation {', '.join(lacking)}. Leave out the layer that needs it"
    return f"{type(error).__name__}: {error}".splitlines()[0]


def _frozen(function, signature):
    """The endpoint as one graph, with its weights as constants."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    concrete = tf.function(function, input_signature=signature, autograph=False).get_concrete_function()
    return convert_variables_to_constants_v2(concrete, lower_control_flow=False, aggressive_inlining=True)


def _rewritten(frozen, signature, rewrites):
    """The same graph without calls of functions, and with what a converter gets wrong expressed in other operations."""
    import tensorflow as tf

    functions = {one.signature.name: one for one in frozen.graph.as_graph_def().library.function}

    def endpoint(*inputs):
        return {OUTPUT: _redone(frozen.graph, frozen.inputs, inputs, frozen.outputs, functions, rewrites)[0]}

    return tf.function(endpoint, input_signature=signature, autograph=False)


def _redone(graph, inputs, arguments, outputs, functions, rewrites):
    """A graph's outputs for other inputs, in the graph that is being made; functions are what it and its loops call."""
    import tensorflow as tf
    from tensorflow.python.framework.function_def_to_graph import function_def_to_graph

    making = tf.compat.v1.get_default_graph()
    tensors = {old.ref(): new for old, new in zip(inputs, arguments, strict=True)}
    for op in graph.get_operations():  # in topological order
        if op.type in ("Placeholder", "NoOp"):
            continue
        given = [tensors[tensor.ref()] for tensor in op.inputs]
        if op.type == "IdentityN":  # around a gradient of its own, for which the converter would drop the signature
            made = given
        elif op.type in rewrites:
            made = [rewrites[op.type](op, *given)]
        elif op.type in CALLS:
            called = function_def_to_graph(functions[op.get_attr("f").name])
            made = _redone(called, called.inputs, given, called.outputs, functions, rewrites)
        elif op.type in ("While", "StatelessWhile"):
            made = _while(op, given, functions, rewrites)
        else:
            dtypes = [tensor.dtype for tensor in op.outputs]
            made = making.create_op(op.type, given, dtypes, name=op.name, attrs=op.node_def.attr).outputs
        tensors.update(zip([tensor.ref() for tensor in op.outputs], made, strict=True))
    return [tensors[tensor.ref()] for tensor in outputs]


def _while(op, given, functions, rewrites):
    """A loop whose parts are rewritten as well."""
    import tensorflow as tf
    from tensorflow.python.framework.function_def_to_graph import function_def_to_graph

    def part(name):
        graph = function_def_to_graph(functions[op.get_attr(name).name])
        return lambda *state: _redone(graph, graph.inputs, state, graph.outputs, functions, rewrites)

    condition, body = part("cond"), part("body")
    shapes = [tensor.shape for tensor in op.outputs]
    return tf.while_loop(lambda *state: condition(*state)[0], body, given, shapes)


def _reshape(op, tensor, shape):
    """Uses a constant shape if only the batch size is unknown: the converter does not infer it."""
    import tensorflow as tf

    sides = op.outputs[0].shape
    if sides.rank is not None and list(sides).count(None) <= 1:
        shape = [-1 if side is None else side for side in sides]
    return tf.reshape(tensor, shape)


def _einsum(op, first, second):
    """A product with a matrix, by `tensordot`: the converter takes an unknown size for -1 and multiplies with it."""
    import tensorflow as tf

    equation = op.get_attr("equation").decode()
    operands, result = equation.split("->")
    one, other = operands.split(",")
    if len(other) != 2:
        first, second, one, other = second, first, other, one
    summed = set(one) & set(other) - set(result)
    if len(other) != 2 or len(summed) != 1:
        raise ValueError(f"einsum must be a product with a matrix, received {equation}")
    (axis,) = summed
    product = tf.tensordot(first, second, [[one.index(axis)], [other.index(axis)]])
    letters = (one + other).replace(axis, "")
    return tf.transpose(product, [letters.index(letter) for letter in result])


def _erfc(op, tensor):
    """One minus the error function, which ONNX has: the exact GELU uses its complement."""
    import tensorflow as tf

    return 1 - tf.math.erf(tensor)


def _expm1(op, tensor):
    import tensorflow as tf

    return tf.exp(tensor) - 1


CALLS = ("PartitionedCall", "StatefulPartitionedCall")  # that are not inlined: Keras compiles grouped convolutions
FOR_LITERT = {"Reshape": _reshape, "Einsum": _einsum}
FOR_ONNX = {"Erfc": _erfc, "Expm1": _expm1}
