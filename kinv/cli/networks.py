"""What commands about networks have in common: which network, wrapped how, and which images."""

import dataclasses
import os
from pathlib import Path
from typing import Any

from kinv.choices import checked_range
from kinv.known_names import CLASSIFIERS, CLASSIFIERS_OF_DIGITS, check_preprocessing, unknown_classifier

from .class_name_file import read_class_names
from .output import Output


@dataclasses.dataclass(kw_only=True)
class Network(Output):
    """The network of a command, and how it is wrapped."""

    classifier: str
    """The name of a classifier, or a .keras file."""
    value_range: tuple[float, float] | None = None
    """The range of images that the model in the .keras file expects, such as 0 1; default: 0 255."""
    preprocessing: str | None = None
    """Instead: its preprocessing in keras.applications: caffe, tf, torch, or a module such as mobilenet_v2."""
    class_names: Path | None = None
    """A file with one class name per line, or of JSON, in the order of the model's outputs."""
    model_output: str | None = None
    """Which output, by name or number, of a model that has several; or which of its independent sigmoids."""
    size: tuple[int, int] | None = None
    """Height and width of the images, if the model in the .keras file takes any."""
    allow_unsafe: bool = False
    """Reads a .keras file that holds Lambda layers. They can run any code."""
    download: bool = False
    """Lets weights and data be fetched."""

    def check_names(self) -> None:
        """Refuses what can't be right, before TensorFlow starts.

        Raises:
            ValueError: the classifier or the preprocessing is not known, or the range or the class names are no such.
            FileNotFoundError: there is no such file.
        """
        is_file = "." in self.classifier or os.sep in self.classifier or Path(self.classifier).exists()
        if self.classifier not in CLASSIFIERS:
            if not is_file:
                raise ValueError(unknown_classifier(self.classifier))
            if not Path(self.classifier).exists():
                raise FileNotFoundError(f"There is no file {self.classifier}: check the path.")
        if self.preprocessing is not None:
            check_preprocessing(self.preprocessing)
        if self.value_range is not None:
            checked_range("--value-range", self.value_range)
        self.known_class_names()

    def known_class_names(self) -> list[str] | None:
        """The names of the network's classes, as far as they are known before it is loaded."""
        if self.class_names is not None:
            names = read_class_names(self.class_names)
            return names if self.model_output is None else None
        if self.classifier in CLASSIFIERS and self.classifier not in CLASSIFIERS_OF_DIGITS:
            from kinv.data import imagenet_class_names

            return imagenet_class_names()
        return None

    def load(self, name: str | None = None) -> Any:
        """The classifier, wrapped; or another one, wrapped likewise if it is a file as well.

        Args:
            name: of the other one, or its `.keras` file.
        """
        import kinv.backend  # noqa: F401  (starts TensorFlow quietly)
        from kinv import classifiers

        wrapping: dict[str, Any] = {"value_range": self.value_range, "preprocessing": self.preprocessing}
        if self.class_names is not None:
            wrapping["class_names"] = read_class_names(self.class_names)
        if self.size is not None:
            wrapping["input_shape"] = (*self.size, None)
        if self.model_output is not None:
            wrapping["output"] = int(self.model_output) if self.model_output.isdecimal() else self.model_output
        wrapping = {name: value for name, value in wrapping.items() if value is not None}
        if name in CLASSIFIERS:
            wrapping = {}  # has its own
        return classifiers.load(
            name or self.classifier, download=self.download, allow_unsafe=self.allow_unsafe, **wrapping
        )  # fmt: skip


@dataclasses.dataclass(kw_only=True)
class OnImages(Network):
    """A network, and images for it."""

    images: str
    """The name of a data set, or a folder of images. Sub-folders are classes."""
    split: str | None = None
    """all, train, val or test; default: everything there is (mnist: test)."""
    preflight: bool = True
    """Checks first, on 200 images, that images, labels and network belong together."""

    def check_names(self) -> None:
        """As for a network.

        Raises:
            ValueError: as for a network, or an unknown split.
            FileNotFoundError: as for a network, or there is no data set and no folder of this name.
        """
        from kinv.data.find import check_name

        super().check_names()
        check_name(self.images, self.split)

    def find(self, network: Any, labels: bool = True) -> Any:
        """The images in the network's shape, with labels that are its classes."""
        from kinv import data
        from kinv.surgery.logits import class_names

        known = {"classes": network.output_shape[-1], "class_names": class_names(network)} if labels else {}
        return data.find(self.images, self.split, download=self.download, **known).fitted(network.input_shape[1:])
