"""Images for an analysis, batch by batch, from arrays, a folder or a `tf.data.Dataset`; each batch is checked."""

import hashlib
import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from kinv.surgery.contract import check_logits
from kinv.surgery.logits import class_names

from .checks import as_images, check_images, check_range, class_indices
from .find import find
from .source import Source, log_problem
from .sources.decoding import Problem

MOST_ALIKE = 5  # files with the same problem that are named


class ImageStream:
    """Batches of images for a classifier, in constant memory, which can be iterated any number of times.

    Args:
        classifier: the network that receives them.
        images: `(N, H, W, C)` array in 0..255; a folder, the name of a data set or a `data.Source`; or a
            `tf.data.Dataset` of images or of `(image, label)`, batched or not, or a `keras.utils.PyDataset` of batches,
            that gives the same images every time.
        labels: int `(N,)`, with an array only.
        use_labels: False leaves the labels of a folder or a data set unused; the network may then be any that takes
            images.

    Attributes:
        description: what the images are, for display.
        labelled: whether the images have labels.
        fingerprint: tells these images from others, as far as that is possible without reading them all. It is a
            hash of an array's bytes, of a source's labels and three of its images, or of a data set's first element
            and length.
        image_shape: `(H, W, C)` of the images.

    Raises:
        ValueError: if shape, dtype or range are wrong, values are NaN, there are no images, labels do not fit the
            classifier, or labels are used and it does not return logits.
        FileNotFoundError: if there is no such data set or folder.
    """

    def __init__(self, classifier: keras.Model, images: Any, labels: Any = None, use_labels: bool = True):
        if use_labels:
            check_logits(classifier)
        self.shape = tuple(classifier.input_shape[1:])
        self.classes: Any = classifier.output_shape[-1] if use_labels else None
        self._known_names = class_names(classifier)
        self.ranged = False  # whether images in 0..255 were seen
        self._spread: Any = None
        if isinstance(images, (str, os.PathLike)):
            self._open_source(self._find(os.fspath(images), labels is None and use_labels), labels, use_labels)
        elif isinstance(images, Source):
            self._open_source(images, labels, use_labels)
        elif isinstance(images, keras.utils.PyDataset):
            self._open_batches(images, labels, use_labels)
        elif isinstance(images, Iterator):
            raise ValueError(
                f"images must be an array, a folder or a data set, received a {type(images).__name__}, which can be "
                "read only once: pass a tf.data.Dataset.from_generator, or put its batches into an array."
            )
        elif hasattr(images, "element_spec"):
            self._open_dataset(images, labels, use_labels)
        else:
            self._open_arrays(as_images(images, shape=self.shape), labels)

    def batches(self, size: int, skip: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
        """Yields `(images, labels)` of at most `size` images, starting with batch number `skip`."""
        held: list[tuple[np.ndarray, Any]] = []
        number = 0
        for image in self._images(skip * size):
            held.append(image)
            if len(held) == size:
                yield self._batch(held, f"{self.description}, batch {(number := number + 1)}: ")
                held = []
        if held:
            yield self._batch(held, f"{self.description}, batch {(number := number + 1)}: ")
        if not number and not skip:
            raise ValueError(f"{self.description} has no images: pass at least one.")

    def sample(self, count: int) -> tuple[np.ndarray, np.ndarray | None]:
        """At most `count` images and their labels: spread evenly, but of a `tf.data.Dataset` the first."""
        pairs = itertools.islice(self._images(0), count) if self._spread is None else self._spread(count)
        return self._batch(list(pairs), f"{self.description}: ")

    def _open_source(self, source, labels, use_labels):
        if labels is not None:
            raise ValueError("labels can be given with an array of images only: a folder or data set has its own.")
        self.count: int | None = source.count
        self.labelled = use_labels and source.labels is not None
        self.description, self.class_names = source.description, source.class_names
        source, report_once = source.fitted(self.shape), _once()
        self.image_shape = source.read_first(None).shape
        some = [image for image, _ in source.evenly(3).images(None, on_problem=lambda problem: None)]
        labels = np.zeros(0, "int32") if source.labels is None else np.asarray(source.labels, "int32")
        self.fingerprint = f"{source.count} images, {_digest(*some, labels)}"

        def pairs(skip):
            found = source.images(None, on_problem=report_once)  # skip counts readable images only
            for image, index in itertools.islice(found, skip, None):
                yield image, None if source.labels is None else source.labels[index]

        def spread(count):
            chosen = source.evenly(count)
            for image, index in chosen.images(None, on_problem=lambda problem: None):
                yield image, None if chosen.labels is None else chosen.labels[index]

        self._images, self._spread = pairs, spread

    def _open_dataset(self, dataset, labels, use_labels):
        if labels is not None:
            raise ValueError("labels can be given with an array of images only: a tf.data.Dataset has its own.")
        spec = dataset.element_spec
        paired = isinstance(spec, (tuple, list)) and len(spec) == 2
        images_spec = spec[0] if paired else spec
        rank = len(images_spec.shape) if hasattr(images_spec, "shape") else 0
        if rank not in (3, 4):
            raise ValueError(
                "The data set must give images (height, width, channels), or an image and its label, batched "
                f"or not, received {spec}. Convert dictionaries with .map(lambda e: (e['image'], e['label']))"
            )
        single = dataset.unbatch() if rank == 4 else dataset
        count = int(single.cardinality())
        self.count = count if count >= 0 else None
        self.labelled = use_labels and paired
        self.description, self.class_names = "a tf.data.Dataset", None
        first = next(iter(single.take(1).as_numpy_iterator()), None)
        if first is None:
            raise ValueError(f"{self.description} has no images: pass at least one.")
        self.fingerprint = f"{count} images, {_digest(*(first if paired else (first,)))}"
        self.image_shape = (first[0] if paired else first).shape

        def pairs(skip):
            for element in single.skip(skip).as_numpy_iterator():
                yield (element[0], element[1] if self.labelled else None) if paired else (element, None)

        self._images = pairs

    def _open_batches(self, dataset, labels, use_labels):
        if labels is not None:
            raise ValueError("labels can be given with an array of images only: a PyDataset has its own.")
        if not dataset.num_batches:
            raise ValueError(f"a PyDataset must have at least one batch, received {dataset.num_batches}")
        self.description, self.class_names, self.count = "a PyDataset", None, None
        first, truth, _ = keras.utils.unpack_x_y_sample_weight(dataset[0])
        self.labelled = use_labels and truth is not None
        first = as_images(first, f"the first batch of {self.description}", shape=self.shape)
        self.image_shape = first.shape[1:]
        self.fingerprint = f"{dataset.num_batches} batches, {_digest(first)}"

        def pairs(skip):
            batches = (keras.utils.unpack_x_y_sample_weight(dataset[index]) for index in range(dataset.num_batches))
            every = (
                (image, truth[row] if self.labelled else None)
                for images, truth, _ in batches
                for row, image in enumerate(images)
            )
            return itertools.islice(every, skip, None)

        self._images = pairs

    def _open_arrays(self, images, labels):
        self.count, self.labelled = len(images), labels is not None
        self.description, self.class_names = f"an array of {len(images)} images", None
        self.ranged = True
        labels = None if labels is None else class_indices(labels, len(images), self.classes)
        self.fingerprint = _digest(images, np.zeros(0) if labels is None else labels.astype("int32"))
        self.image_shape = images.shape[1:]

        def pairs(skip):
            for index in range(skip, len(images)):
                yield images[index], None if labels is None else labels[index]

        def spread(count):
            for index in np.unique(np.linspace(0, len(images) - 1, count).astype(int)):
                yield images[index], None if labels is None else labels[index]

        self._images, self._spread = pairs, spread

    def _batch(self, held, where):
        if not held:
            raise ValueError(f"{self.description} has no images: pass at least one.")
        images = np.stack([image for image, _ in held])
        labels = np.array([label for _, label in held]) if self.labelled else None
        return images, self._check(images, labels, where)

    def _find(self, name, labelled):
        """A data set, or a folder whose sub-folders are the classifier's classes if its labels are used."""
        network = {"classes": self.classes, "class_names": self._known_names} if labelled else {}
        return find(name, **network)

    def _check(self, images, labels, where):
        """The labels as class indices."""
        (check_range if self.ranged else check_images)(images, f"{where}images", shape=self.shape)
        self.ranged = True  # a later batch may well be nearly black
        return None if labels is None else class_indices(labels, len(images), self.classes, f"{where}labels")


def _once() -> Callable[[Problem], None]:
    """Logs a problem the first time that it is met; of many files with the same one, the first."""
    reported: set[Problem] = set()
    kinds: Counter = Counter()

    def report(problem):
        if problem in reported:
            return
        reported.add(problem)
        kind = problem.found, problem.action
        kinds[kind] += 1
        if kinds[kind] <= MOST_ALIKE:
            log_problem(problem)
        elif kinds[kind] == MOST_ALIKE + 1:
            log_problem(Problem("further files", *kind))

    return report


def _digest(*arrays: np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        array = np.ascontiguousarray(array)
        digest.update(f"{array.shape} {array.dtype}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
