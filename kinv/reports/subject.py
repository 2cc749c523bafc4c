"""What a report is about: a network and images, and what several sections need of them."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from PIL import Image

from kinv.analysis.screening.screen import screen
from kinv.analysis.screening.tables import FORMATS, Screening, write_table
from kinv.choices import checked_choice
from kinv.classifiers.classes import class_names
from kinv.classifiers.fingerprint import describe_network
from kinv.classifiers.predict import answers
from kinv.data.checks import as_images, class_indices
from kinv.data.find import find
from kinv.data.image_stream import ImageStream
from kinv.data.source import Source
from kinv.surgery.contract import check_logits
from kinv.surgery.logits import class_names as own_names
from kinv.whole_file import whole_file

from .fail_under import Limit, with_magnitudes
from .magnitudes import magnitudes_for
from .settings import Settings

BATCH = 32
PHOTO = 64  # pixels; larger images are kept as JPEG
QUALITY = 85
SIDE = 160  # of an image on the page, in pixels


@dataclass(frozen=True)
class Predictions:
    """What the network says of all images of the report.

    Attributes:
        classes: int32 `(N,)`.
        confidence: softmax outputs, float32 `(N,)`.
        labels: int32 `(N,)`, or None.
    """

    classes: np.ndarray
    confidence: np.ndarray
    labels: np.ndarray | None

    @property
    def accuracy(self) -> float | None:
        """The share of predictions at the label; None without labels."""
        return None if self.labels is None else float(np.mean(self.classes == self.labels))

    @property
    def chance(self) -> float:
        """The share of predictions that would stay if each were drawn from all of them."""
        shares = np.bincount(self.classes) / len(self.classes)
        return float(np.square(shares).sum())


@dataclass(frozen=True)
class Subject:
    """A network, its images, and the folder that holds all that is found out about them.

    Args:
        network: images `(B, H, W, C)` in 0..255 to logits.
        name: what it is called on the page.
        images: at most `settings.images`: `(N, H, W, C)` in 0..255, or a source.
        labels: class indices `(N,)` with an array, or None.
        settings: how thoroughly it is measured.
        folder: where tables, figures and images are kept.
        seed: of everything that is random.
        judge: another classifier, or None.
        table_format: `"csv"` or `"parquet"`.
        progress: whether to show bars.
        limits: which have to be measured.
        other: another network on the same images, for comparison, or None.
        screening_folder: the folder in `tables` that holds the screening.
    """

    network: keras.Model
    name: str
    images: np.ndarray | Source
    labels: np.ndarray | None
    settings: Settings
    folder: Path
    seed: int = 0
    judge: keras.Model | None = None
    table_format: str = "csv"
    progress: bool = False
    limits: tuple[Limit, ...] = ()
    other: "Subject | None" = None
    screening_folder: str = "screening"

    def __post_init__(self):
        checked_choice("table_format", self.table_format, FORMATS)

    @cached_property
    def stream(self) -> ImageStream:
        """The images, batch by batch."""
        return ImageStream(self.network, self.images, self.labels)

    @cached_property
    def names(self) -> list[str]:
        """The names of the classes; numbers where there are none."""
        names = class_names(self.network, self.stream.class_names)
        return names or [str(index) for index in range(self.network.output_shape[-1])]

    @cached_property
    def predictions(self) -> Predictions:
        """What the network says of the images as they are."""
        classes, confidence, labels = [], [], []
        for images, truth in self.stream.batches(BATCH):
            predicted, sure = answers(self.network, images, BATCH)
            classes.append(predicted)
            confidence.append(sure)
            labels.append(truth)
        known = np.concatenate(labels) if self.stream.labelled else None
        return Predictions(np.concatenate(classes), np.concatenate(confidence), known)

    @cached_property
    def screening(self) -> Screening:
        """The transformations of the catalogue, at the report's magnitudes; a killed run goes on where it was."""
        magnitudes = with_magnitudes(magnitudes_for(self.network, self.settings.thorough), self.limits)
        return screen(
            self.network,
            self.images,
            self.labels,
            transformations=list(magnitudes),
            magnitudes=magnitudes,
            batch_size=BATCH,
            seed=self.seed,
            class_names=self.names,
            results=self.folder / "tables" / self.screening_folder,
            progress=self.progress,
            preflight=False,  # the report asked before
            each_image=True,
        )

    def sample(self, count: int) -> tuple[np.ndarray, np.ndarray | None]:
        """At most `count` images, evenly spread, float32 `(N, H, W, C)`, and their labels."""
        images, labels = self.stream.sample(min(count, self.count))
        return images.astype("float32"), labels

    @property
    def count(self) -> int:
        """How many images there are, at most: unreadable ones are left out."""
        return self.stream.count or self.settings.images

    def describe(self) -> dict[str, Any]:
        """Network and images, as JSON values that tell reports apart."""
        return {
            "network": describe_network(self.network),
            "images": self.stream.description,
            "fingerprint": self.stream.fingerprint,
            "labels": "given" if self.stream.labelled else "the network's own predictions",
        }

    def keep_image(self, name: str, image: Any, side: int = SIDE) -> str:
        """Writes an image `(H, W, 1 or 3)` in 0..255 and returns its place in the folder, for the page to show.

        Args:
            name: section and name, without suffix, such as `"curves/rotation-3-1"`.
            image: its pixels.
            side: longest side in pixels; a larger image is scaled down.
        """
        pixels = np.asarray(image).round().clip(0, 255).astype("uint8")
        shown = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
        suffix = "png" if max(shown.size) <= PHOTO else "jpg"
        shown.thumbnail((side, side))
        place = f"images/{name}.{suffix}"
        with whole_file(self._path(place)) as draft:
            shown.save(draft, **({"quality": QUALITY} if suffix == "jpg" else {}))
        return place

    def keep_figure(self, name: str, figure: Any) -> str:
        """Writes a Matplotlib figure as PNG and returns its place in the folder."""
        place = f"figures/{name}.png"
        with whole_file(self._path(place)) as draft:
            figure.savefig(draft)
        return place

    def keep_table(self, name: str, table: pd.DataFrame) -> str:
        """Writes a table and returns its place in the folder."""
        place = f"tables/{name}.{self.table_format}"
        write_table(table, self._path(place))
        return place

    def _path(self, place: str) -> Path:
        """A place in the folder, whose own folder is made."""
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def material(
    network: keras.Model, images: Any, labels: Any, limit: int, use_labels: bool = True
) -> tuple[Any, np.ndarray | None]:
    """At most `limit` of the images, evenly spread: an array with its labels, or a source that has its own.

    Args:
        network: which takes them.
        images: an array, a folder or the name of a data set, a source, or a `tf.data.Dataset`, of which the first are
            taken.
        labels: with an array.
        limit: how many.
        use_labels: False leaves the labels of a folder or a data set out.

    Raises:
        ValueError: images or labels of the wrong kind, shape or range, or fewer than two.
        FileNotFoundError: there is no such folder or data set.
    """
    check_logits(network)
    if isinstance(images, str) or hasattr(images, "__fspath__"):
        known = {"classes": network.output_shape[-1], "class_names": own_names(network)} if use_labels else {}
        images = find(str(images), **known)
    if isinstance(images, Source):
        if labels is not None:
            raise ValueError("labels can be given with an array of images only: a folder or data set has its own.")
        chosen, count = images.fitted(network.input_shape[1:]).evenly(limit), min(images.count, limit)
        chosen = chosen if use_labels else replace(chosen, labels=None)
    elif hasattr(images, "element_spec") or isinstance(images, keras.utils.PyDataset):
        chosen, labels = ImageStream(network, images, labels, use_labels).sample(limit)
        count = len(chosen)
    else:
        pixels = as_images(images, shape=network.input_shape[1:])
        labels = None if labels is None else class_indices(labels, len(pixels), network.output_shape[-1])
        which = np.unique(np.linspace(0, len(pixels) - 1, limit).round().astype(int))
        chosen, labels = pixels[which], None if labels is None else labels[which]
        count = len(chosen)
    if count < 2:
        raise ValueError(f"images must be at least two, of which one is the other's measure, received {count}")
    return chosen, labels
