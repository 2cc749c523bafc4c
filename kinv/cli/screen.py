"""`kinv screen`."""

import dataclasses
from pathlib import Path
from typing import Any, Literal

from kinv.choices import class_index, unknown
from kinv.known_names import TRANSFORMATIONS, each_transformation, transformation_names

from .networks import OnImages


@dataclasses.dataclass(kw_only=True)
class Screen(OnImages):
    """Measures which transformations a classifier tolerates: tables and figures. Resumes where it stopped."""

    output: Path
    """A folder for the results: tables/ (Parquet) and figures/."""
    transformations: tuple[str, ...] = ()
    """Names such as rotation, or two joined by a plus, such as translate_x+translate_y; imagenet_c for the fifteen
    corruptions of ImageNet-C; default: the paper's eleven."""
    magnitudes: tuple[str, ...] = ()
    """Magnitudes in place of the default ones, such as rotation=-90,-45,0,45,90 (of two transformations: a=0,1/0,1)."""
    every: int = 1
    """Uses only every n-th of the default magnitudes."""
    learned: tuple[str, ...] = ()
    """Artifacts of Invariant Transformer Nets to screen as well, such as itn_squeezenet."""
    classes: tuple[str, ...] = ()
    """Classes to draw curves of, by name or number; default: the three with the highest curves."""
    labels: bool = True
    """False: uses the classifier's own predictions in place of labels."""
    limit: int | None = None
    """Maximum number of images, evenly spread over the data set."""
    batch_size: int = 32
    fill: Literal["zeros", "reflect", "nearest"] = "zeros"
    """How to fill pixels outside the frame."""
    seed: int = 0
    each_image: bool = False
    """Keeps every image's prediction, in the table `images`, to compare networks image by image."""
    figures: bool = True
    """False: writes tables only."""

    def check_names(self) -> None:
        super().check_names()
        for name, least in (("every", self.every), ("batch-size", self.batch_size), ("limit", self.limit)):
            if least is not None and least < 1:
                raise ValueError(f"--{name} must be at least 1, received {least}")
        screened = self._names()
        for name in screened:
            transformation_names(name)
        for name, _ in map(_magnitudes, self.magnitudes):
            if name not in screened and not (self.learned and name.endswith(("_space", "_color", "_beyond"))):
                raise ValueError(unknown("transformation", name, screened, where=" in --magnitudes, not screened"))
        names = self.known_class_names() or []
        for one in self.classes if names else ():
            _class(one, names, len(names))
        for handle in self.learned:
            if not handle.startswith("hf://"):
                from kinv.hub import find

                find(handle)

    def result(self) -> dict[str, Any]:
        self.check_names()
        from kinv.locks import FolderLock

        with FolderLock(self.output / "tables"):  # before anything takes time
            return self._result()

    def _result(self) -> dict[str, Any]:
        import kinv.backend  # noqa: F401  (starts TensorFlow quietly)
        from kinv import analysis, classifiers
        from kinv.analysis.screening import figures as sensitivity
        from kinv.figures.style import save_figures
        from kinv.ops import find

        chosen = [find(name) for name in self._names()]
        chosen += self._learned()
        magnitudes = {transformation.name: transformation.thinned(self.every) for transformation in chosen}
        magnitudes |= dict(map(_magnitudes, self.magnitudes))
        network = self.load()
        source = self.find(network, self.labels)
        source = source if self.limit is None else source.evenly(self.limit)
        names = classifiers.class_names(network, source.class_names)
        classes = [_class(one, names, network.output_shape[-1]) for one in self.classes]
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
            progress=self.progress,
            preflight=self.preflight,
            each_image=self.each_image,
        )
        figures = {}
        if self.figures:
            classes = classes or sensitivity.highest_classes(screening)
            images = analysis.class_examples(network, source, classes=classes, use_labels=self.labels)
            figures = sensitivity.overview(screening, chosen, images, classes)
        return {
            "network": network.name,
            "images": source.description,
            "summary": screening.summary(),
            "ranking": screening.ranking().to_dict("records"),
            "accuracy": screening.accuracy.to_dict("records"),
            "tables": self.output / "tables",
            "figures": save_figures(figures, self.output / "figures") if figures else [],
        }

    def show(self, result: dict[str, Any]) -> None:
        print(result["summary"])
        print(f"Tables: {result['tables']}\nFigures: {self.output / 'figures'} ({len(result['figures'])})")

    def _names(self) -> list[str]:
        """The names of transformations to screen, but for learned ones."""
        return each_transformation(self.transformations or TRANSFORMATIONS)

    def _learned(self) -> list[Any]:
        """The transformations that Invariant Transformer Nets have learned."""
        from kinv import analysis, hub, models

        found = []
        for handle in self.learned:
            learned = hub.load(handle)
            if not isinstance(learned, models.InvariantTransformer):
                raise ValueError(
                    f"--learned must name an InvariantTransformer, received {handle}, a {type(learned).__name__}."
                )
            family = "learned" if len(self.learned) == 1 else hub.find(handle).name
            found += analysis.LearnedTransformation.parts(learned, family)
        return found


def _magnitudes(text: str) -> tuple[str, list]:
    """`rotation=-90,0,90` as a name and numbers; `a+b=0,1/0,1` as a name and a list of numbers for each part."""
    name, _, values = text.partition("=")
    try:
        parts = [[float(value) for value in part.split(",")] for part in values.split("/")]
    except ValueError:
        raise ValueError(f"--magnitudes must look like rotation=-90,0,90, received {text!r}") from None
    return name, parts if len(parts) > 1 else parts[0]


def _class(text: str, names: list[str] | None, count: int) -> int:
    """The index of a class, given as a number or by name."""
    return class_index(int(text) if text.isdecimal() else text, names, count)
