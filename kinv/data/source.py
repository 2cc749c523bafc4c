"""A source of images: a list that can be read one by one, with its labels and description."""

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from kinv.printable import printable
from kinv.requirements import tensorflow_needed
from kinv.results import Result

from .checks import as_images
from .memory import physical_memory
from .sources.decoding import GREY, Problem, Size, UnreadableImage, sides

LONGEST_LINE = 1000  # letters
logger = logging.getLogger("kinv.data")
LUMA = 0.299, 0.587, 0.114  # of red, green and blue (ITU-R BT.601)
READ_AHEAD = 64  # images decoded at a time while streaming


def log_problem(problem: Problem) -> None:
    """Reports one image on the `kinv.data` logger: what is wrong with it and what was done."""
    logger.warning("%s", printable(problem, LONGEST_LINE))


@dataclass(frozen=True, repr=False)
class Source(Result):
    """One split of one data set.

    Attributes:
        name: the requested name, such as `"mnist"` or a folder.
        description: what was actually found, in words.
        license: the licence of the images, or where to look.
        count: number of images.
        read: the image at an index at a size (`None`: as it is), and what was wrong with it, if anything.
            uint8, `(height, width, channels)`. Raises `UnreadableImage`.
        labels: int32 class indices `(count,)`, or None.
        class_names: name of every class, or None.
        problems: problems found while listing the images.
    """

    name: str
    description: str
    license: str
    count: int
    read: Callable[[int, Size | None], tuple[np.ndarray, list[Problem]]] = field(repr=False)
    labels: np.ndarray | None = None
    class_names: list[str] | None = None
    problems: tuple[Problem, ...] = field(default=())

    def evenly(self, count: int) -> "Source":
        """A source of at most `count` of the images, evenly spread over all of them."""
        if count < 1:
            raise ValueError(f"count must be at least 1, received {count}")
        if count >= self.count:
            return self
        chosen = self._spread(count)
        return replace(
            self,
            description=f"{count} of {self.description}",
            count=count,
            read=lambda index, size: self.read(int(chosen[index]), size),
            labels=None if self.labels is None else self.labels[chosen],
        )

    def _spread(self, count):
        return np.linspace(0, self.count - 1, count).round().astype(int)

    def fitted(self, shape: Sequence[int | None]) -> "Source":
        """The same images in the shape `(height, width, channels)` of a network's input.

        They are scaled so that they just cover it, and the middle is cut out. Colours become grey values if the network
        has one channel, and grey values are repeated if it has three.

        Raises:
            ValueError: height or width is None.
        """
        height, width, channels = shape
        if height is None or width is None:
            raise ValueError(
                "The classifier takes images of any size: wrap it with input_shape=(height, width, channels), or name "
                "the size (--size HEIGHT WIDTH)."
            )
        own = height, width

        def read(index: int, size: Size | None):
            pixels, problems = self.read(index, own if size is None else size)
            problems = [problem for problem in problems if channels != 1 or problem.found != GREY]
            return _with_channels(pixels, channels), problems

        return replace(self, read=read)

    def images(
        self, size: Size | None, order: Iterator[int] | None = None, on_problem: Callable[[Problem], None] = log_problem
    ) -> Iterator[tuple[np.ndarray, int]]:
        """Yields `(image, index)`, decoded in parallel; unreadable images are reported and skipped."""
        for problem in self.problems:
            on_problem(problem)

        def attempt(index: int):
            try:
                return index, *self.read(index, size)
            except UnreadableImage as error:
                return index, None, [error.problem]

        with ThreadPoolExecutor() as pool:
            for indices in _chunks(iter(range(self.count)) if order is None else order, READ_AHEAD):
                for index, pixels, problems in pool.map(attempt, indices):
                    for problem in problems:
                        on_problem(problem)
                    if pixels is not None:
                        yield pixels, index

    def load(
        self,
        size: Size | None = None,
        limit: int | None = None,
        on_problem: Callable[[Problem], None] = log_problem,
        dtype: str = "float32",
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """All images as `(count, height, width, channels)` in 0..255, and their labels.

        They are put into one array as they are read, so that its size is all the memory that is needed. `stream` keeps
        none of them.

        Args:
            size, limit, on_problem: as in `kinv.data.load`.
            dtype: `"uint8"` takes a quarter of the memory.

        Raises:
            ValueError: no image is usable; two differ in size and no `size` was given, said as soon as it is seen; or
                there is not enough memory for all.
        """
        if limit is not None and limit < 1:
            raise ValueError(f"limit must be at least 1, received {limit}: leave it out for all images")
        count = self.count if limit is None else min(limit, self.count)
        images, indices = np.zeros(0, dtype), []
        for pixels, index in self.images(size, iter(self._spread(count).tolist()), on_problem):
            if not indices:
                images = self._room(count, pixels.shape, dtype)
            elif pixels.shape != images.shape[1:]:
                raise ValueError(
                    f"The images of {self.description} have different sizes, such as {images.shape[1:]} and "
                    f"{pixels.shape}: pass size=, for example the classifier's input size."
                )
            images[len(indices)] = pixels
            indices.append(index)
        if not indices:
            raise ValueError(
                f"None of the {count} images of {self.description} can be used: the log of `kinv.data` says why."
            )
        labels = None if self.labels is None else self.labels[indices]
        return images[: len(indices)], labels

    def _room(self, count, shape, dtype):
        """An empty array of images, whose memory is taken as it is filled."""
        needed = count * math.prod(shape) * np.dtype(dtype).itemsize
        try:
            if needed > physical_memory():
                raise MemoryError
            return np.empty((count, *shape), dtype)
        except MemoryError:
            raise ValueError(
                f"{count:,} images of shape {shape} take {needed / 1e9:,.1f} GB as {dtype}, more than the memory of "
                "this machine: pass a smaller size= or limit=, or read them batch by batch with kinv.data.stream."
            ) from None

    def load_labelled(self, limit: int | None = None, dtype: str = "float32") -> tuple[np.ndarray, np.ndarray]:
        """Like `load`, for images of one size with labels.

        Raises:
            ValueError: there are no labels, or as in `load`.
        """
        images, labels = self.load(limit=limit, dtype=dtype)
        if labels is None:
            raise ValueError(f"{self.description} have no labels: choose a data set with labels.")
        return images, labels

    @tensorflow_needed("A stream of images")
    def stream(
        self,
        size: Size,
        batch_size: int | None = None,
        seed: int | None = None,
        repeat: bool = False,
        on_problem: Callable[[Problem], None] = log_problem,
    ) -> Any:
        """A `tf.data.Dataset` of `(image, label)`, or of `image` where there are no labels; never all in memory.

        Args:
            size: height and width, or one number for both.
            batch_size: images per batch; `None` for single images.
            seed: shuffles in a new order every epoch; `None` keeps the order.
            repeat: makes the stream endless.
        """
        import kinv.backend  # noqa: F401  (starts TensorFlow quietly, before anything else imports it)

        # isort: split
        import tensorflow as tf

        channels = self.read_first(size).shape[-1]

        def generate():
            order = _epochs(self.count, seed, repeat)
            for pixels, index in self.images(size, order, on_problem):
                image = pixels.astype("float32")
                yield image if self.labels is None else (image, self.labels[index])

        image_spec = tf.TensorSpec((*sides(size), channels), "float32")
        spec = image_spec if self.labels is None else (image_spec, tf.TensorSpec((), "int32"))
        dataset = tf.data.Dataset.from_generator(generate, output_signature=spec)
        if batch_size is not None:
            dataset = dataset.batch(batch_size)
        return dataset.prefetch(tf.data.AUTOTUNE)

    def read_first(self, size: Size | None) -> np.ndarray:
        """The first image that can be read."""
        for pixels, _ in self.images(size, on_problem=lambda problem: None):
            return pixels
        raise ValueError(
            f"None of the {self.count} images of {self.description} can be used: check that they are valid image files."
        )


def _with_channels(pixels: np.ndarray, channels: int | None) -> np.ndarray:
    if channels == 1 and pixels.shape[-1] == 3:
        return (pixels @ np.array(LUMA)).round().astype("uint8")[..., None]
    if channels == 3 and pixels.shape[-1] == 1:
        return np.repeat(pixels, 3, axis=-1)
    return pixels


def memory_source(
    name: str, images: np.ndarray, labels: np.ndarray, class_names: list[str], description: str, license: str
) -> Source:
    """Small images that are in memory as a source: uint8 `(N, H, W, C)` with labels `(N,)`, of one size."""

    def read(index: int, size: Size | None):
        if size is not None and sides(size) != images.shape[1:3]:
            raise ValueError(
                f"The images of {name} are {images.shape[1]} x {images.shape[2]}, received size={size}: leave it out."
            )
        return images[index], []

    return Source(
        name=name,
        description=description,
        license=license,
        count=len(images),
        read=read,
        labels=labels.astype("int32"),
        class_names=class_names,
    )


def as_vectors(images: np.ndarray) -> np.ndarray:
    """Images `(N, H, W, C)` in 0..255 as float32 `(N, H * W * C)` in 0..1, row by row.

    Raises:
        ValueError: another shape or dtype, or values out of range; also 0..1.
    """
    images = as_images(images)
    return images.reshape(len(images), -1).astype("float32") / 255


def _chunks(indices: Iterator[int], size: int) -> Iterator[list[int]]:
    chunk: list[int] = []
    for index in indices:
        chunk.append(index)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _epochs(count: int, seed: int | None, repeat: bool) -> Iterator[int]:
    epoch = 0
    while True:
        if seed is None:
            yield from range(count)
        else:
            yield from np.random.default_rng([seed, epoch]).permutation(count).tolist()
        epoch += 1
        if not repeat:
            return
