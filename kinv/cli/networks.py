"""What commands about networks have in common: which network, wrapped how, and which images."""

import dataclasses
import os
from pathlib import Path
from typing import Any

from kinv.known_names import CLASSIFIERS, unknown_classifier

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
    """A text file with one class name per line, in the order of the model's outputs."""
    model_output: str | None = None
    """Which output, by name or number, of a model that has several; or which of its independent sigmoids."""
    size: tuple[int, int] | None = None
    """Height and width of the images, if the model in the .keras file takes any."""
    allow_unsafe: bool = False
    """Reads a .keras file that holds Lambda layers. They can run any code."""
    download: bool = False
    """Lets weights and data be fetched."""

    def check_names(self) -> None:
        """Refuses names that can't be right, before TensorFlow starts.

        Raises:
            ValueError: if the classifier is neither known nor the path of a file.
        """
        bare = "." not in self.classifier and os.sep not in self.classifier and not Path(self.classifier).exists()
        if bare and self.classifier not in CLASSIFIERS:
            raise ValueError(unknown_classifier(self.classifier))

    def load(self) -> Any:
        """The classifier, wrapped."""
        import kinv.backend  # noqa: F401  (starts TensorFlow quietly)
        from kinv import classifiers

        wrapping: dict[str, Any] = {"value_range": self.value_range, "preprocessing": self.preprocessing}
        if self.class_names is not None:
            wrapping["class_names"] = self.class_names.read_text(encoding="utf-8").splitlines()
        if self.size is not None:
            wrapping["input_shape"] = (*self.size, None)
        if self.model_output is not None:
            wrapping["output"] = int(self.model_output) if self.model_output.isdecimal() else self.model_output
        wrapping = {name: value for name, value in wrapping.items() if value is not None}
        return classifiers.load(
            self.classifier, download=self.download, allow_unsafe=self.allow_unsafe, **wrapping
        )  # fmt: skip


@dataclasses.dataclass(kw_only=True)
class OnImages(Network):
    """A network, and images for it."""

    images: str
    """The name of a data set, or a folder of images. Sub-folders are classes."""
    split: str | None = None
    """all, train or test; default: everything there is (mnist: test)."""
    preflight: bool = True
    """Checks first, on 200 images, that images, labels and network belong together."""

    def check_names(self) -> None:
        """Refuses names that can't be right, before TensorFlow starts.

        Raises:
            ValueError: if the classifier is neither known nor the path of a file.
            FileNotFoundError: if there is no data set and no folder of this name.
        """
        from kinv.data.find import check_name

        super().check_names()
        check_name(self.images)

    def find(self, network: Any, labels: bool = True) -> Any:
        """The images in the network's shape, with labels that are its classes."""
        from kinv import data
        from kinv.surgery.logits import class_names

        known = {"classes": network.output_shape[-1], "class_names": class_names(network)} if labels else {}
        return data.find(self.images, self.split, download=self.download, **known).fitted(network.input_shape[1:])
