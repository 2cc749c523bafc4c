"""Adapts any Keras classifier to kinv's contract: images in 0..255 in, logits out."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np

from kinv.choices import checked_range
from kinv.known_names import PREPROCESSING_MODES, check_preprocessing

from .cut import as_graph
from .ending import before_ending
from .layer_names import check_layer_names
from .logits import Logits, logits_layer
from .outputs import chosen_output
from .scores import Scores, check_same, explains, extremes, kind_of, probes, tolerance_of, values_of

FULL_RANGE = (0, 255)
FEW = 5  # names in a message


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
            shapes are wrong, or outputs differ from the model's own, as where a layer draws random numbers.

    Examples:
        >>> network = keras.applications.MobileNetV2(weights=None, input_shape=(96, 96, 3), classes=7)
        >>> wrap(network, value_range=(-1, 1)).output_shape
        (None, 7)
    """
    done = logits_layer(model)
    if done is not None:
        if preprocessing is not None or tuple(value_range) != FULL_RANGE or output is not None:
            raise ValueError(f"{model.name!r} is wrapped already: wrap the original model with these arguments.")
        if class_names is None and input_shape is None:
            return model
        class_names = class_names or done.class_names
    graph = _on_float_images(_graph(model, input_shape))
    check_layer_names(model)
    shape = _checked_shape(graph, input_shape)
    preprocess = _preprocessing(preprocessing, value_range, shape[-1])
    chosen, unit = chosen_output(graph, output, class_names)
    scores = graph.outputs[chosen]
    if len(scores.shape) != 2 or scores.shape[1] is None:
        raise ValueError(
            f"{model.name!r} returns shape {scores.shape}, expected (batch, classes): "
            "end it with a layer of one logit per class."
        )

    images = keras.Input(shape, dtype="float32", name="images")
    prepared = images if preprocess is None else preprocess(images)
    prepare, shown, tolerance = keras.Model(images, prepared), probes(shape), tolerance_of(graph)
    own = values_of(model, _structured(model, prepare(shown)))[chosen]
    if not np.isfinite(own).all():
        raise ValueError(f"{model.name!r} returns NaN or infinity for random images: check its weights.")
    before, ending = before_ending(scores)
    received = own
    if before is not scores:
        (received,) = values_of(keras.Model(graph.inputs[0], before), prepare(shown))
    if not explains(ending, received, own, tolerance):  # it is not the last step, or another function of that name
        before, ending, received = scores, None, own
    extreme = None
    if ending is None:
        (extreme,) = values_of(keras.Model(graph.inputs[0], scores), prepare(extremes(shown)))
    kind = kind_of(Scores(model.name, own, extreme, tolerance), ending, unit)
    core = keras.Model(graph.inputs[0], before, name=model.name)
    names = _checked_names(class_names, scores.shape[1], unit, kind)
    to_logits = Logits(kind, names, unit, name="class_logits")
    wrapped = keras.Model(images, to_logits(core(prepared)), name=f"{model.name.removesuffix('_wrapped')}_wrapped")
    (found,), (expected,) = values_of(wrapped, shown), values_of(to_logits, received)
    check_same(model.name, found, expected, tolerance)
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


def _structured(model, images):
    """The images as the model takes them: a tensor, or a dict or list of one."""
    return images if isinstance(model, keras.Sequential) else keras.tree.pack_sequence_as(model.input, [images])


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


# === Images of the range that it expects ===


def _preprocessing(preprocessing, value_range, channels):
    """A function of one tensor, or None."""
    low, high = checked_range("value_range", value_range)
    if preprocessing is None:
        if (low, high) == FULL_RANGE:
            return None
        return keras.layers.Rescaling((high - low) / 255, low, dtype="float32", name="preprocessing")
    if (low, high) != FULL_RANGE:
        raise ValueError(f"pass preprocessing or value_range, received both: {preprocessing!r} and {value_range!r}")
    if callable(preprocessing):
        return preprocessing
    check_preprocessing(preprocessing)
    if channels != 3:
        raise ValueError(f"preprocessing={preprocessing!r} is for RGB images, but the model takes {channels} channel.")
    if preprocessing in PREPROCESSING_MODES:
        apply = partial(keras.applications.imagenet_utils.preprocess_input, mode=preprocessing)
    else:
        apply = getattr(keras.applications, preprocessing).preprocess_input
    return partial(apply, data_format="channels_last")


def value_range_of(classifier: Any) -> tuple[float, float] | None:
    """The `value_range` that a network was wrapped with; None if it has another preprocessing, or was not wrapped."""
    if logits_layer(classifier) is None:
        return None
    first = next(layer for layer in classifier.layers if not isinstance(layer, keras.layers.InputLayer))
    if isinstance(first, keras.layers.Rescaling) and first.name == "preprocessing":
        return float(first.offset), float(first.offset) + 255 * float(first.scale)
    return FULL_RANGE if isinstance(first, keras.Model) else None


def _checked_names(names, count, unit, kind):
    """The names of the classes, two if one score is used."""
    if names is None:
        return None
    names = [str(name) for name in names]
    binary = kind.startswith("binary")
    expected = 2 if binary and unit is None else count
    if len(names) != expected or len(set(names)) < expected:
        twice = next((f", {name!r} twice" for place, name in enumerate(names) if name in names[:place]), "")
        raise ValueError(
            f"class_names must be {expected} different names, one per class, received {len(names)}{twice}: "
            f"{', '.join(map(repr, names[:FEW]))}{', ...' if len(names) > FEW else ''}"
        )
    return names if unit is None else [f"not {names[unit]}", names[unit]]
