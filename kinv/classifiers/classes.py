"""The names of a classifier's classes, and of the units that stand for them."""

from collections.abc import Iterable, Sequence
from typing import Any

from kinv.data.sources.imagenet import imagenet_class_names
from kinv.surgery import logits
from kinv.surgery.cut import as_graph
from kinv.surgery.tap import functional_core, last_layer

IMAGENET_CLASSES = 1000


def class_names(classifier: Any, others: Sequence[str] | None = None) -> list[str] | None:
    """The names of a classifier's classes, in the order of its logits; None if they are not known.

    These are the names it was wrapped with, else ImageNet's for 1,000 classes of images in colour, else the others.

    Args:
        classifier: images to logits `(B, K)`.
        others: such as a data set's; left out unless there are `K`.
    """
    count, own = classifier.output_shape[-1], logits.class_names(classifier)
    if own is not None:
        return list(own)
    if count == IMAGENET_CLASSES and _sees_photographs(classifier):
        return imagenet_class_names()
    return list(others) if others is not None and len(others) == count else None


def _sees_photographs(classifier):
    """Whether it takes images in colour: a layer of 1,000 units over digits has no classes of ImageNet."""
    shape = classifier.input_shape
    return isinstance(shape, tuple) and len(shape) == 4 and shape[-1] == 3


def unit_names(model: Any, layer: str, units: Iterable[int]) -> tuple[str, ...] | None:
    """The names of the classes that units are for; None if they are not the last layer's, or names are not known.

    Args:
        model: as in `kinv.analysis.tap`.
        layer: the name of a layer.
        units: their indices.
    """
    core = as_graph(functional_core(model))
    names = class_names(core) if layer in (last_layer(core), *core.output_names) else None
    return None if names is None else tuple(names[unit] for unit in units)
