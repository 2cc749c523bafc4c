"""Where images come from. `load` gives arrays, `stream` a `tf.data.Dataset`, `find` what both are made of.

A name is one of `mnist`, `rotated_mnist`, `silhouettes`, `photos`, `imagenet_samples`, `tfds:NAME`, or a folder of
images. `deformed_mnist` is an endless stream, `natural_patches` returns vectors; `as_vectors` flattens images.
The order of search:
`KINV_DATA_DIR`, prepared TensorFlow data sets, the Keras cache, files inside installed packages. Nothing is
downloaded unless `download=True`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .deformed import deformed_mnist
from .find import find
from .patches import natural_patches
from .source import Source, as_vectors, log_problem
from .sources.decoding import Problem, UnreadableImage
from .sources.imagenet import imagenet_class_names, imagenet_index

__all__ = [
    "Problem",
    "Source",
    "UnreadableImage",
    "as_vectors",
    "deformed_mnist",
    "find",
    "imagenet_class_names",
    "imagenet_index",
    "load",
    "natural_patches",
    "stream",
]


def load(
    name: str,
    split: str | None = None,
    *,
    size: int | tuple[int, int] | None = None,
    limit: int | None = None,
    download: bool = False,
    on_problem: Callable[[Problem], None] = log_problem,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Loads images into memory, all at once: 4 bytes a value, 0.6 MB for an image of 224 x 224. See `stream`.

    Args:
        name: `"mnist"`, `"rotated_mnist"`, `"silhouettes"`, `"photos"`, `"imagenet_samples"`, `"tfds:NAME"`, or the
            path of a folder of images.
        split: `"train"`, `"test"` or `"all"`; default: `"test"` for digits and silhouettes, else `"all"`.
        size: height and width, or one number for both: images are resized so that they just cover it, then the
            centre is cropped. Needed for photographs of different sizes; photographs of one size are as large in
            memory as they are, without it.
        limit: at most this many images, evenly spread over all.
        download: lets TensorFlow Datasets or Keras fetch what is missing.
        on_problem: called for every file that is skipped or converted; the default logs one line for each to
            `kinv.data`.

    Returns:
        `images`: float32 `(N, H, W, C)` in 0..255, RGB (mnist: one channel); `labels`: int32 `(N,)` or None.

    Raises:
        ValueError: no usable image, an unknown split, images of different sizes without `size`, or more images than
            fit into memory.
        FileNotFoundError: not on this machine; the message says how to get it.
    """
    return find(name, split, download=download).load(size, limit, on_problem)


def stream(
    name: str,
    split: str | None = None,
    *,
    size: int | tuple[int, int],
    batch_size: int | None = None,
    seed: int | None = None,
    repeat: bool = False,
    download: bool = False,
    on_problem: Callable[[Problem], None] = log_problem,
) -> Any:
    """The same images as a `tf.data.Dataset` of `(image, label)`, or `image` without labels, decoded as needed.

    `seed` shuffles in a new order every epoch; `repeat` makes the stream endless. The other arguments are those of
    `load`.
    """
    return find(name, split, download=download).stream(size, batch_size, seed, repeat, on_problem)
