"""The classes of a classifier: their names, and the class that a name stands for."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kinv.choices import unknown
from kinv.data.sources.imagenet import imagenet_class_names
from kinv.surgery import logits
from kinv.surgery.cut import as_graph
from kinv.surgery.tap import functional_core, last_layer

IMAGENET_CLASSES = 1000


def class_names(classifier: Any, others: Sequence[str] | None = None) -> list[str] | None:
    """The names of a classifier's classes, in the order of its logits; None if they are not known.

    These are the names it was wrapped with, else ImageNet's for 1,000 classes, else the others.

    Args:
        classifier: images to logits `(B, K)`.
        others: such as a data set's; left out unless there are `K`.
    """
    count, own = classifier.output_shape[-1], logits.class_names(classifier)
    if own is not None:
        return list(own)
    if count == IMAGENET_CLASSES:
        return imagenet_class_names()
    return list(others) if others is not None and len(others) == count else None


def unit_names(model: Any, layer: str) -> list[str] | None:
    """The names of the classes that a layer's units are for; None if it is not the last one, or they are not known.

    Args:
        model: as in `kinv.analysis.tap`.
        layer: the name of a layer.
    """
    core = as_graph(functional_core(model))
    return class_names(core) if layer in (last_layer(core), *core.output_names) else None


def class_index(name: int | str, names: Sequence[str] | None, count: int) -> int:
    """The index of a class, given its index or name.

    Raises:
        ValueError: if there is no such class (similar names are suggested), or several have the name.
    """
    if isinstance(name, (int, np.integer)):
        if not 0 <= name < count:
            raise ValueError(f"class must lie in 0..{count - 1}, received {name}")
        return int(name)
    if names is None:
        raise ValueError(f"class must be an index in 0..{count - 1}, received {name!r}: pass it, or pass `class_names`")
    found = [index for index, known in enumerate(names) if known.lower() == str(name).lower()]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f"{len(found)} classes are called {name!r}, expected one: pass one of the indices {found}.")
    raise ValueError(unknown("class", name, names, f" or an index in 0..{count - 1}"))
