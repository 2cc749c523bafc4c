"""TensorFlow Datasets that are already prepared on this machine; a download only when asked for."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .decoding import fit
from .imagenet import imagenet_class_names, imagenet_index
from .source import Source


def prepared_folder(name: str) -> Path | None:
    """The folder of the newest prepared version of a data set (`imagenet_v2`, `mnist`, `name/config`), or None.

    Looks at files only: asking TensorFlow Datasets itself would look on the network for minutes when offline.
    """
    root = Path(os.environ.get("TFDS_DATA_DIR", Path.home() / "tensorflow_datasets"))
    if not name or name.startswith(("/", ".")) or ".." in name:
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
        builder = tfds.builder(name)
        builder.download_and_prepare()
    else:
        builder = tfds.builder_from_directory(str(folder))
    if split.split("[")[0] not in builder.info.splits:  # `test[:50%]` is a part of `test`
        raise ValueError(f"split must be one of {sorted(builder.info.splits)} for tfds:{name}, received {split!r}")
    return _source(name, split, builder)


def _source(name: str, split: str, builder: Any) -> Source:
    examples = list(builder.as_dataset(split=split, decoders={"image": _skip_decoding()}).as_numpy_iterator())
    feature = builder.info.features["label"]
    labels = np.asarray([example["label"] for example in examples], "int32")
    class_names = list(feature.names) if feature.names else None
    if class_names and all(wordnet_id in imagenet_index() for wordnet_id in class_names):
        labels = np.asarray([imagenet_index()[class_names[label]] for label in labels], "int32")
        class_names = imagenet_class_names()
    gray = builder.info.features["image"].shape[-1] == 1

    def read(index: int, size: int | None):
        image = Image.open(io.BytesIO(examples[index]["image"])).convert("L" if gray else "RGB")
        picture = np.asarray(image if size is None else fit(image, size))
        return picture[..., None] if gray else picture, []

    return Source(
        name=f"tfds:{name}",
        description=f"{len(examples):,} pictures of the TensorFlow data set {builder.info.full_name} ({split})",
        license="see the data set's page in the TensorFlow Datasets catalogue",
        count=len(examples),
        read=read,
        labels=labels,
        class_names=class_names,
    )


def _skip_decoding():
    import tensorflow_datasets as tfds

    return tfds.decode.SkipDecoding()
