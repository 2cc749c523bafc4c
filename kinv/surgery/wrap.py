"""Adapts any Keras classifier to kinv's contract: images in 0..255 in, logits out."""

import logging
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from kinv.choices import unknown

from .cut import as_graph
from .ending import Ending, before_ending
from .layer_names import check_layer_names
from .logits import Logits, logits_layer

logger = logging.getLogger("kinv.surgery")
MODES = ("caffe", "tf", "torch")  # of keras.applications.imagenet_utils
PROBE_SIZE = 224  # side of the random images where the model leaves it open
TOLERANCES = {"float32": 1e-4, "float64": 1e-4}  # of outputs, relative to the largest,
TOLERANCE_OF_HALVES = 2e-2  # and in half precision
SUM_TOLERANCE = 2e-2  # of probabilities; bfloat16 has 4e-3
FULL_RANGE = (0, 255)


def wrap(
    model: keras.Model,
    preprocessing: Callable[[Any], Any] | str | None = None,
    input_shape: tuple[int | None, int | None, int | None] | None = None,
    *,
    value_range: tuple[float, float] = FULL_RANGE,
    class_names: Sequence[str] | None = None,
    output: str | int | None = None,
) -> keras.Model:
    """Wraps a Functional or Sequential classifier so that it takes images in 0..255 and returns float32 logits.

    A final softmax is removed, in whatever form it was written. If outputs are recognised as probabilities by their
    values only, their logarithms are the logits. One sigmoid, or one score, becomes the two logits `(0, z)`. Layers
    keep their names. Weights are shared with the model: training it further changes the wrapped network too. The
    outputs are compared with the model's own on random images.

    Args:
        model: maps images `(B, H, W, C)` to one score per class, `(B, classes)`.
        preprocessing: the preprocessing of images in 0..255 that the model expects. A function of one tensor, made of
            `keras.ops` or layers; or the name of one in `keras.applications`: `"caffe"`, `"tf"`, `"torch"`, or a
            module such as `"mobilenet_v2"`.
        input_shape: `(height, width, channels)`, if the model leaves them open; None for what it does not.
        value_range: the range of images that the model was trained with, such as `(0, 1)` or `(-1, 1)`. With
            `preprocessing`, leave it out.
        class_names: one for each class, in the order of the scores. They are saved with the wrapped network.
        output: which output, by name or number, if the model has several or returns a dict. Of a model with one
            output of independent sigmoids: which score, by name or number. Its two classes are without and with it.

    Raises:
        ValueError: if the model is subclassed (its layers can't be tapped), has several inputs, or several outputs and
            none is chosen, returns independent sigmoids, has channels first or names that TensorFlow can't compile,
            shapes are wrong, or the wrapped network's outputs differ from the model's.

    Example:
        >>> network = keras.applications.MobileNetV2(weights=None, input_shape=(96, 96, 3), classes=7)
        >>> wrap(network, value_range=(-1, 1)).output_shape
        (None, 7)
    """
    done = logits_layer(model)
    if done is not None:
        if preprocessing is not None or tuple(value_range) != FULL_RANGE or output is not None:
            raise ValueError(f"{model.name!r} is wrapped already: wrap the original model with these arguments.")
        if class_names is None:
            return model
    graph = _on_float_images(_graph(model, input_shape))
    check_layer_names(model)
    shape = _checked_shape(graph, input_shape)
    preprocess = _preprocessing(preprocessing, value_range, shape[-1])
    chosen, unit = _chosen_output(graph, output, class_names)
    scores = graph.outputs[chosen]
    if len(scores.shape) != 2 or scores.shape[1] is None:
        raise ValueError(
            f"{model.name!r} returns shape {scores.shape}, expected (batch, classes): "
            "end it with a layer of one logit per class."
        )
    before, ending = before_ending(scores)

    images = keras.Input(shape, dtype="float32", name="images")
    prepared = images if preprocess is None else preprocess(images)
    probes = _probes(shape)
    own = keras.tree.flatten(model(keras.Model(images, prepared)(probes), training=False))[chosen]
    own = ops.convert_to_numpy(ops.cast(own, "float32"))
    if not np.isfinite(own).all():
        raise ValueError(f"{model.name!r} returns NaN or infinity for random images: check its weights.")
    kind = _kind(model.name, own, ending, unit)
    core = keras.Model(graph.inputs[0], before, name=model.name)
    names = _checked_names(class_names, scores.shape[1], unit, kind)
    logits = Logits(kind, names, unit, name="class_logits")(core(prepared))
    wrapped = keras.Model(images, logits, name=f"{model.name.removesuffix('_wrapped')}_wrapped")
    _check_same(
        model.name, ops.convert_to_numpy(wrapped(probes, training=False)), own, ending, kind, unit, scores.dtype
    )
    return wrapped


# === The model as it was passed ===


def _graph(model, input_shape):
    """The model as a Functional one with one input."""
    if isinstance(model, keras.Sequential) and not model.built:
        if input_shape is None:
            raise ValueError("The Sequential model is not built yet: pass input_shape=(height, width, channels).")
        model.build((None, *input_shape))
    if not getattr(model, "inputs", None) or not getattr(model, "outputs", None):
        raise ValueError(
            f"kinv needs a Functional or Sequential model, whose layers can be tapped; "
            f"{getattr(model, 'name', model)!r} is a {type(model).__name__}: pass its Functional core, or rebuild it: "
            "keras.Model(inputs, outputs)"
        )
    if len(model.inputs) != 1:
        raise ValueError(
            f"{model.name!r} has {len(model.inputs)} inputs, expected 1: pass keras.Model(images, logits) of one input."
        )
    return as_graph(model)


def _on_float_images(graph):
    """The same layers on float32 images if the model takes integers: gradients end at a cast."""
    (images,) = graph.inputs
    if keras.backend.is_float_dtype(images.dtype):
        return graph
    floats = keras.Input(batch_shape=images.shape, dtype="float32", name=images.name)
    inputs = keras.tree.pack_sequence_as(graph.input, [floats])
    return keras.models.clone_model(graph, input_tensors=inputs, clone_function=lambda layer: layer)


def _checked_shape(graph, input_shape):
    own = tuple(graph.inputs[0].shape[1:])
    shape = tuple(input_shape or own)
    if len(shape) == len(own):
        shape = tuple(size if given is None else given for given, size in zip(shape, own, strict=True))
    for layer in graph._flatten_layers(include_self=False):
        if getattr(layer, "data_format", None) == "channels_first":
            raise ValueError(
                f"{layer.name!r} of {graph.name!r} takes channels first, which kinv does not support: build the model "
                "with data_format='channels_last'."
            )
    if len(shape) != 3 or shape[-1] not in (1, 3):
        raise ValueError(
            f"{graph.name!r} takes inputs of shape {own}, expected (height, width, 1 or 3): channels come last."
        )
    if len(own) != 3 or any(given != size for given, size in zip(shape, own, strict=True) if size is not None):
        raise ValueError(f"input_shape must fit {own} of {graph.name!r}, received {shape}")
    return shape


def _chosen_output(graph, output, class_names):
    """The index of the output to use, and of its score if one was chosen."""
    structure = graph._outputs_struct
    names = sorted(structure) if isinstance(structure, dict) else list(graph.output_names)
    if len(names) == 1 and not isinstance(structure, dict):
        return 0, None if output is None else _index(output, class_names, graph.outputs[0].shape[-1], "score")
    if output is None:
        returned = "a dict" if isinstance(structure, dict) else f"{len(names)} outputs"
        raise ValueError(
            f"{graph.name!r} returns {returned}, expected one output of scores: pass output=, one of "
            f"{', '.join(map(repr, names))}."
        )
    return _index(output, names, len(names), "output"), None


def _index(output, names, count, what):
    if isinstance(output, (int, np.integer)) and not isinstance(output, bool):
        if not 0 <= output < count:
            raise ValueError(f"output={output!r}: there are {count} {what}s, expected 0 to {count - 1}.")
        return int(output)
    if output not in (names or ()):
        if names:
            raise ValueError(unknown(what, output, names, where=", passed as output"))
        raise ValueError(f"There is no {what} {output!r}: pass output=, a number from 0 to {count - 1}.")
    return list(names).index(output)


# === Images of the range that it expects ===


def _preprocessing(preprocessing, value_range, channels):
    """A function of one tensor, or None."""
    try:
        low, high = map(float, value_range)
    except (TypeError, ValueError):
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"value_range must be two numbers, the smaller one first, received {value_range!r}")
    if preprocessing is None:
        if (low, high) == FULL_RANGE:
            return None
        return keras.layers.Rescaling((high - low) / 255, low, dtype="float32", name="preprocessing")
    if (low, high) != FULL_RANGE:
        raise ValueError(f"pass preprocessing or value_range, received both: {preprocessing!r} and {value_range!r}")
    if callable(preprocessing):
        return preprocessing
    modules = [name for name in dir(keras.applications) if hasattr(_application(name), "preprocess_input")]
    modules.remove("imagenet_utils")
    if preprocessing not in (*MODES, *modules):
        raise ValueError(unknown("preprocessing", preprocessing, [*MODES, *modules], " or a function"))
    if channels != 3:
        raise ValueError(f"preprocessing={preprocessing!r} is for RGB images, but the model takes {channels} channel.")
    if preprocessing in MODES:
        apply = partial(keras.applications.imagenet_utils.preprocess_input, mode=preprocessing)
    else:
        apply = _application(preprocessing).preprocess_input
    return partial(apply, data_format="channels_last")


def _application(name):
    return getattr(keras.applications, name)


def _probes(shape):
    """Random images in 0..255, float32 `(4, H, W, C)`: fine and coarse noise, a ramp and one colour."""
    random = np.random.default_rng(0)
    height, width, channels = (size or PROBE_SIZE for size in shape)
    fine = random.uniform(0, 255, (height, width, channels))
    coarse = np.kron(random.uniform(0, 255, (4, 4, channels)), np.ones((-(-height // 4), -(-width // 4), 1)))
    ramp = np.linspace(0, 255, height)[:, None, None] * random.uniform(0.2, 1, (1, width, channels))
    flat = np.broadcast_to(random.uniform(0, 255, channels), (height, width, channels))
    return np.stack([fine, coarse[:height, :width], ramp, flat]).round().astype("float32")


# === Logits ===


def _kind(name, own, ending: Ending | None, unit):
    """What the scores before the ending are, see `Logits`."""
    width = own.shape[1]
    in_unit_range = ending is None and own.min() >= 0 and own.max() <= 1
    sum_to_one = in_unit_range and np.abs(own.sum(axis=1) - 1).max() < SUM_TOLERANCE
    if width == 1 and (ending == "softmax" or sum_to_one):
        raise ValueError(f"{name!r} returns a softmax of one score, which is always 1: end it with a sigmoid.")
    if unit is not None and (ending == "softmax" or sum_to_one):
        raise ValueError(f"{name!r} returns probabilities of exclusive classes: leave output out.")
    if width == 1 or unit is not None:
        if in_unit_range:
            logger.warning("%s returns numbers in 0..1: they are taken as probabilities of the second class.", name)
            return "binary_probability"
        if ending != "sigmoid":
            logger.warning("%s returns one score: it is taken as the logit of the second of two classes.", name)
        return "binary_logit"
    if ending == "sigmoid":
        raise ValueError(
            f"{name!r} ends in {width} independent sigmoids, expected scores of exclusive classes: choose one with "
            "output=, a number or, with class_names, a name. Its two classes are then without and with it."
        )
    if sum_to_one:
        logger.warning("%s returns probabilities: their logarithms are taken as logits.", name)
        return "probabilities"
    if in_unit_range and own.max() > 0:
        logger.warning(
            "%s returns numbers in 0..1 that do not sum to 1. They are taken as logits; if they are independent "
            "sigmoids, choose one with output=.", name,
        )  # fmt: skip
    return "logits"


def _checked_names(names, count, unit, kind):
    """The names of the classes, two if one score is used."""
    if names is None:
        return None
    names = [str(name) for name in names]
    binary = kind.startswith("binary")
    expected = 2 if binary and unit is None else count
    if len(names) != expected or len(set(names)) < expected:
        raise ValueError(f"class_names must be {expected} different names, one per class, received {names!r}")
    return names if unit is None else [f"not {names[unit]}", names[unit]]


def _check_same(name, logits, own, ending, kind, unit, dtype):
    """Raises a ValueError if the wrapped network's outputs are not the model's own."""
    scores = own if unit is None else own[:, unit : unit + 1]
    logits = logits.astype("float64")
    if kind == "binary_logit" and ending != "sigmoid":
        found = logits[:, 1:]
    elif kind.startswith("binary"):
        found = 1 / (1 + np.exp(logits[:, :1] - logits[:, 1:]))
    elif kind == "probabilities" or ending == "softmax":
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        found = exponentials / exponentials.sum(axis=1, keepdims=True)
    else:
        found = logits
    error = float(np.abs(found - scores).max())
    if not error <= TOLERANCES.get(dtype, TOLERANCE_OF_HALVES) * max(1.0, float(np.abs(scores).max())):
        raise ValueError(
            f"{name!r} can't be wrapped: outputs differ from the model's own by up to {error:.3g} on random images. "
            "Pass a model of its images and logits: keras.Model(images, logits)."
        )
