"""Commands of `kinv` that measure networks. Nothing slow is imported before it is needed."""

import dataclasses
from pathlib import Path
from typing import Any, Literal

from kinv.printable import printable

BATCH = 50  # images at a time


@dataclasses.dataclass(kw_only=True)
class Network:
    """The classifier of a command, how it is wrapped, and the images."""

    classifier: str
    """The name of a classifier, or a .keras file."""
    images: str
    """The name of a data set, or a folder of images. Sub-folders are classes."""
    split: str | None = None
    """all, train or test; default: everything there is (mnist: test)."""
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
    preflight: bool = True
    """Checks first, on 200 images, that images, labels and network belong together."""

    def load(self) -> Any:
        """The classifier, wrapped."""
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

    def find(self, network: Any, labels: bool = True) -> Any:
        """The images in the network's shape, with labels that are its classes."""
        from kinv import data
        from kinv.surgery.logits import class_names

        known = {"classes": network.output_shape[-1], "class_names": class_names(network)} if labels else {}
        return data.find(self.images, self.split, download=self.download, **known).fitted(network.input_shape[1:])


@dataclasses.dataclass(kw_only=True)
class Evaluate(Network):
    """Measures a classifier's accuracy on labelled images."""

    def run(self) -> None:
        import numpy as np

        import kinv.backend  # noqa: F401  (starts TensorFlow quietly)
        from kinv import analysis
        from kinv.classifiers.predict import answers
        from kinv.classifiers.preflight import preflight
        from kinv.data.image_stream import ImageStream

        network = self.load()
        source = self.find(network)
        if source.labels is None:
            raise ValueError(f"{source.description} have no labels: put the images into one sub-folder per class.")
        if self.preflight:
            preflight(network, source).enforce()
        right = np.concatenate(
            [answers(network, images)[0] == labels for images, labels in ImageStream(network, source).batches(BATCH)]
        )
        low, high = analysis.wilson_interval(right.sum(), len(right))
        print(
            f"{printable(network.name)} on {printable(source.description)}: top-1 {right.mean():.3f} "
            f"(95 %: {low:.3f} to {high:.3f}, chance {1 / network.output_shape[-1]:.3f})"
        )


@dataclasses.dataclass(kw_only=True)
class Screen(Network):
    """Measures which transformations a classifier tolerates: tables and figures. Resumes where it stopped."""

    output: Path
    """A folder for the results: tables/ (Parquet) and figures/."""
    transformations: tuple[str, ...] = ()
    """Names such as rotation, or two joined by a plus, such as translate_x+translate_y; default: the paper's eleven."""
    magnitudes: tuple[str, ...] = ()
    """Magnitudes in place of the default ones, such as rotation=-90,-45,0,45,90 (of two transformations: a=0,1/0,1)."""
    every: int = 1
    """Uses only every n-th of the default magnitudes."""
    learned: tuple[str, ...] = ()
    """Artifacts of Invariant Transformer Nets to screen as well, such as itn_squeezenet."""
    classes: tuple[int, ...] = ()
    """Classes to draw curves of; default: the three with the highest curves."""
    labels: bool = True
    """False: uses the classifier's own predictions in place of labels."""
    limit: int | None = None
    """Maximum number of images, evenly spread over the data set."""
    batch_size: int = 32
    fill: Literal["zeros", "reflect", "nearest"] = "zeros"
    """How to fill pixels outside the frame."""
    seed: int = 0

    def run(self) -> None:
        from kinv import analysis, hub, models
        from kinv.analysis.screening import figures as sensitivity
        from kinv.ops import TRANSFORMATIONS, find

        chosen = [find(name) for name in self.transformations or TRANSFORMATIONS]
        for handle in self.learned:
            learned = hub.load(handle)
            if not isinstance(learned, models.InvariantTransformer):
                raise ValueError(
                    f"--learned must name an InvariantTransformer, received {handle}, a {type(learned).__name__}."
                )
            family = "learned" if len(self.learned) == 1 else hub.find(handle).name
            chosen += analysis.LearnedTransformation.parts(learned, family)
        if self.every < 1:
            raise ValueError(f"--every must be at least 1, received {self.every}")
        magnitudes = {transformation.name: transformation.thinned(self.every) for transformation in chosen}
        magnitudes |= dict(_magnitudes(text) for text in self.magnitudes)
        network = self.load()
        source = self.find(network, self.labels)
        source = source if self.limit is None else source.evenly(self.limit)
        screening = analysis.screen(
            network,
            source,
            transformations=chosen,
            magnitudes=magnitudes,
            batch_size=self.batch_size,
            fill=self.fill,
            seed=self.seed,
            use_labels=self.labels,
            results=self.output / "tables",
            progress=True,
            preflight=self.preflight,
        )
        print(screening.summary())
        image = source.read_first(None).astype("float32")
        figures = sensitivity.overview(screening, chosen, image, self.classes)
        (self.output / "figures").mkdir(exist_ok=True)
        for name, figure in figures.items():
            figure.savefig(self.output / "figures" / f"{name}.png")
        print(f"Tables: {self.output / 'tables'}\nFigures: {self.output / 'figures'} ({len(figures)})")


def _magnitudes(text: str) -> tuple[str, list]:
    """`rotation=-90,0,90` as a name and numbers; `a+b=0,1/0,1` as a name and a list of numbers for each part."""
    name, _, values = text.partition("=")
    try:
        parts = [[float(value) for value in part.split(",")] for part in values.split("/")]
    except ValueError:
        raise ValueError(f"--magnitudes must look like rotation=-90,0,90, received {text!r}") from None
    return name, parts if len(parts) > 1 else parts[0]
