"""TensorFlow Datasets that are already prepared on this machine; a download only when asked for."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kinv.choices import checked_choice
from kinv.places import tfds_folder

from ..refusal import refusing
from ..source import Source
from .decoding import Size, decode_image
from .imagenet import imagenet_class_names, imagenet_index

HEADER, CHECKSUM = 12, 4  # bytes around a record


def prepared_folder(name: str) -> Path | None:
    """The folder of the newest prepared version of a data set (`imagenet_v2`, `mnist`, `name/config`), or None.

    Looks at files only: asking TensorFlow Datasets itself would look on the network for minutes when offline.
    """
    root = tfds_folder()
    if not name or name.startswith(("/", ".")) or ".." in name or not os.path.isdir(root):
        return None
    infos = sorted(root.glob(f"{name}/*/dataset_info.json")) or sorted(root.glob(f"{name}/*/*/dataset_info.json"))
    return infos[-1].parent if infos else None


def open_prepared(name: str, split: str, download: bool = False) -> Source | None:
    """A TensorFlow data set with `image` and `label` as a source; None if it is not here and may not be fetched."""
    folder = prepared_folder(name)
    if folder is None and not download:
        return None
    import tensorflow_datasets as tfds

    if folder is None:
        builder = tfds.builder(name, data_dir=str(tfds_folder()))
        _fetch(builder)
    else:
        builder = tfds.builder_from_directory(str(folder))
    checked_choice(f"split of tfds:{name}", split.split("[")[0], sorted(builder.info.splits))  # `test[:50%]`: of `test`
    return _source(name, split, builder)


def _fetch(builder: Any) -> None:
    try:
        builder.download_and_prepare()
    except OSError as error:  # what requests raises, too
        raise FileNotFoundError(
            f"The TensorFlow data set {builder.info.full_name} can't be downloaded: {error}"
        ) from error


def _source(name: str, split: str, builder: Any) -> Source:
    examples = _Examples(builder, split)
    feature = builder.info.features["label"]
    labels = np.asarray([examples.label(index) for index in range(len(examples))], "int32")
    class_names = list(feature.names) if feature.names else None
    if class_names and all(wordnet_id in imagenet_index() for wordnet_id in class_names):
        labels = np.asarray([imagenet_index()[class_names[label]] for label in labels], "int32")
        class_names = imagenet_class_names()
    gray = builder.info.features["image"].shape[-1] == 1

    def read(index: int, size: Size | None):
        pixels, problems = decode_image(io.BytesIO(examples.image(index)), size, f"tfds:{name}, example {index}")
        return (pixels[..., :1], []) if gray else (pixels, problems)

    return Source(
        name=f"tfds:{name}",
        description=f"{len(examples):,} images of the TensorFlow data set {builder.info.full_name} ({split})",
        license="see the data set's page in the TensorFlow Datasets catalogue",
        count=len(examples),
        read=read,
        labels=labels,
        class_names=class_names,
    )


class _Examples:
    """The examples of a split by number. Of the files, only where each example begins is kept in memory.

    A TFRecord file is a sequence of: length (8 bytes), checksum (4), a `tf.train.Example`, checksum (4).
    """

    def __init__(self, builder: Any, split: str):
        if builder.info.file_format.value != "tfrecord":
            raise ValueError(
                f"{builder.info.full_name} must be stored as TFRecord, "
                f"received {builder.info.file_format.value}: prepare it again."
            )
        self.places: list[tuple[str, int, int]] = []  # file, position, length
        for part in builder.info.splits[split].file_instructions:
            places = list(_records(part.filename))
            end = len(places) if part.take < 0 else part.skip + part.take
            self.places += [(part.filename, *place) for place in places[part.skip : end]]

    def __len__(self):
        return len(self.places)

    def label(self, index: int) -> int:
        return self._value(index, "label", "int64_list")

    def image(self, index: int) -> bytes:
        """As encoded, JPEG or PNG."""
        return self._value(index, "image", "bytes_list")

    def _value(self, index, feature, kind):
        import tensorflow as tf

        name, position, length = self.places[index]
        with open(name, "rb") as file:
            file.seek(position)
            content = file.read(length)
        with refusing(Path(name), f"does not hold an example with {feature!r} at byte {position}"):
            example = tf.train.Example.FromString(content)
            (value,) = getattr(example.features.feature[feature], kind).value
            return value


def _records(name: str) -> Iterator[tuple[int, int]]:
    """Position and length of every record of a TFRecord file."""
    size = os.path.getsize(name)
    with open(name, "rb") as file:
        while header := file.read(HEADER):
            place = file.tell()
            length = int.from_bytes(header[:8], "little")
            if len(header) < HEADER or place + length + CHECKSUM > size:
                raise ValueError(f"{name} is truncated or damaged at byte {place}: prepare the data set again.")
            yield place, length
            file.seek(place + length + CHECKSUM)
