"""Data sets, each batch of which is checked on its way to a model."""

import contextlib
import itertools
import re
import weakref
from collections.abc import Callable, Iterator
from types import GeneratorType
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Check = Callable[[np.ndarray, np.ndarray | None], Any]  # of a batch's values and labels; raises a ValueError
_WATCHED: weakref.WeakSet = weakref.WeakSet()


class WrongBatch(ValueError):
    """What a check found; TensorFlow keeps no more of it than its name and words."""


def is_stream(x: Any) -> bool:
    """Whether this is a `tf.data.Dataset`, a `keras.utils.PyDataset` or a generator of batches."""
    return isinstance(x, (tf.data.Dataset, keras.utils.PyDataset, GeneratorType))


def first_batch(x: Any) -> tuple[Any, Any]:
    """The first batch of a stream, None if there is none, and the stream with all its batches."""
    if isinstance(x, tf.data.Dataset):
        return next(iter(x.take(1)), None), x
    if isinstance(x, keras.utils.PyDataset):
        return x[0] if x.num_batches != 0 else None, x
    first = next(x, None)
    return first, (batch for batch in itertools.chain([first], x))


def watched(x: Any, check: Check) -> Any:
    """The same stream, whose batches are checked when they are read; dicts and nested values are not."""
    if isinstance(x, tf.data.Dataset):
        stream = _watched_dataset(x, check)
    elif isinstance(x, keras.utils.PyDataset):
        stream = _Watched(x, check)
    else:
        stream = (_passed(batch, check) for batch in x)
    _WATCHED.add(stream)
    return stream


def is_watched(x: Any) -> bool:
    """Whether this is what `watched` returned: Keras's `fit` evaluates its validation data after every epoch."""
    return is_stream(x) and x in _WATCHED


@contextlib.contextmanager
def batches_said() -> Iterator[None]:
    """Raises what `watched` found inside TensorFlow as a ValueError of one line."""
    try:
        yield
    except tf.errors.OpError as error:
        found = re.search(rf"{WrongBatch.__name__}: (.+)", str(error))
        if found is None:
            raise
        raise ValueError(found[1]) from None


class _Watched(keras.utils.PyDataset):
    def __init__(self, dataset: keras.utils.PyDataset, check: Check):
        super().__init__(dataset.workers, dataset.use_multiprocessing, dataset.max_queue_size)
        self.dataset, self.check = dataset, check

    def __getitem__(self, index):
        return _passed(self.dataset[index], self.check)

    @property
    def num_batches(self):
        return self.dataset.num_batches

    def on_epoch_begin(self):
        self.dataset.on_epoch_begin()

    def on_epoch_end(self):
        self.dataset.on_epoch_end()


def _watched_dataset(dataset, check):
    x, y, _ = keras.utils.unpack_x_y_sample_weight(dataset.element_spec)
    if not all(part is None or isinstance(part, tf.TensorSpec) for part in (x, y)):
        return dataset

    def passed(*parts):
        values, labels, _ = keras.utils.unpack_x_y_sample_weight(parts)
        with tf.control_dependencies(
            [tf.numpy_function(_checker(check), [values, *([] if labels is None else [labels])], [])]
        ):
            return tf.nest.map_structure(tf.identity, parts if isinstance(dataset.element_spec, tuple) else parts[0])

    return dataset.map(passed)


def _passed(batch, check):
    x, y, _ = keras.utils.unpack_x_y_sample_weight(batch)
    if hasattr(x, "__array__") and (y is None or hasattr(y, "__array__")):
        _checker(check)(np.asarray(x), None if y is None else np.asarray(y))
    return batch


def _checker(check):
    def checked(values, labels=None):
        try:
            check(values, labels)
        except ValueError as error:
            raise WrongBatch(str(error)) from None

    return checked
